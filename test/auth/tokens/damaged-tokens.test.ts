// Tokens that were cut, changed, put together from others, or are no tokens at all.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectReason, expectRefused, goodClaims, openTarget, stranger } from "./attack.ts";
import { base64url, mintText, mintToken } from "./minted-token.ts";
import { ann, pullApp } from "./open-tokens.ts";

describe("a damaged token", () => {
  it("is refused wherever it is cut", async () => {
    const target = await openTarget();
    for (let length = 0; length < target.token.length; length++) {
      await expectRefused(target, target.token.slice(0, length));
      if (length > 0) await expectRefused(target, target.token.slice(length));
    }
  });

  it("is refused with any one character changed", async () => {
    const target = await openTarget();
    const { token } = target;
    const last = token.length - 1;
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "B" : "A";
      // The last character's lower bits belong to no byte: change one that counts.
      const changed = at === last ? (token[at] === "w" ? "g" : "w") : other;
      await expectRefused(target, token.slice(0, at) + changed + token.slice(at + 1));
    }
  });

  it.each([" ", "\n", "\0", "=", "+", "/", ".", "%2e", "é", "\u{1f600}"])(
    "is refused with %j anywhere in it",
    async (text) => {
      const target = await openTarget();
      const { token } = target;
      for (const at of [
        0,
        1,
        token.indexOf("."),
        token.indexOf(".") + 1,
        token.lastIndexOf("."),
        token.length,
      ]) {
        await expectRefused(target, token.slice(0, at) + text + token.slice(at));
      }
    },
  );

  it("is refused when it is put together from parts of good ones", async () => {
    const target = await openTarget();
    const second = await target.issuer.issue({ principal: ann, scopes: [] });
    const [header, claims, signature] = target.token.split(".");
    const [, otherClaims, otherSignature] = second.token.split(".");
    for (const parts of [
      [header, claims, otherSignature],
      [header, otherClaims, signature],
      [claims, header, signature],
      [header, header, signature],
      [header, claims, claims],
      [signature, claims, header],
      [header, claims, signature, signature],
      [header, claims, signature, ""],
      ["", header, claims, signature],
    ]) {
      await expectRefused(target, parts.join("."));
    }
  });

  it("is refused when it is longer than any header", async () => {
    const target = await openTarget();
    const access = Array.from({ length: 600 }, (_, i) => ({ ...pullApp, name: `team/application-${i}` }));
    const token = mintToken(target.header, { ...goodClaims, access }, target.privateKey);
    expect(token.length).toBeGreaterThan(48 * 1024);
    await expectRefused(target, token, "the token is too long");
    await expectRefused(target, "a".repeat(10_000_000), "the token is too long");
  });

  it("is refused whatever it is", async () => {
    const target = await openTarget();
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.json());
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (parts) => {
        await expectRefused(target, parts.join("."));
        await expectRefused(target, parts.map((part) => base64url(part)).join("."));
      }),
      { numRuns: 300 },
    );
  });

  it("never makes the verifier throw or accept, whatever stands in header and claims", async () => {
    const target = await openTarget();
    const value = fc.jsonValue({ maxDepth: 2 });
    const names = fc.constantFrom(...Object.keys(goodClaims), "nbf", "jti");
    const twist = fc.dictionary(names, value, { minKeys: 1 });
    const headerTwist = fc.dictionary(fc.constantFrom("alg", "kid", "typ", "jwk", "x5c", "crit"), value);
    await fc.assert(
      fc.asyncProperty(twist, headerTwist, async (claims, header) => {
        const twistedHeader = base64url({ ...target.header, ...header });
        const twistedClaims = base64url({ ...goodClaims, ...claims });
        await expectRefused(target, mintText("ES256", twistedHeader, twistedClaims, stranger.privateKey));
        // Signed by us it may be good, but then it says nothing that we would not say.
        const token = mintText("ES256", twistedHeader, twistedClaims, target.privateKey);
        const own = await target.verifier.verify(token);
        if (own.outcome === "verified") {
          expect(own.principal.kind === "anonymous" || typeof own.principal.id === "string").toBe(true);
          expect(own.scopes.every(({ actions }) => actions.every((one) => typeof one === "string"))).toBe(
            true,
          );
        } else expectReason(own.reason);
      }),
      { numRuns: 300 },
    );
  });
});
