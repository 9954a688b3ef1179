// Tokens that are not ours, or not for us. Whatever is wrong, the answer is a refusal that repeats nothing.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { expectRefused, goodClaims, openTarget, stranger } from "./attack.ts";
import { base64url, macToken, mintText, mintToken } from "./minted-token.ts";
import { ann, openTokens } from "./open-tokens.ts";

describe("a token with a forged signature", () => {
  it.each(["none", "None", "nOnE", "NONE", "", " none"])("by no algorithm is refused: %j", async (alg) => {
    const target = await openTarget();
    const parts = [base64url({ ...target.header, alg }), base64url(goodClaims)];
    const [, , signature = ""] = target.token.split(".");
    for (const end of ["", "e30", signature]) await expectRefused(target, [...parts, end].join("."));
    await expectRefused(target, parts.join("."));
  });

  it.each(["HS256", "HS384", "HS512"])("by %s with the public key as the secret is refused", async (alg) => {
    const target = await openTarget();
    const { publicKey, header } = target;
    const secrets = [
      publicKey.export({ type: "spki", format: "pem" }).toString(),
      publicKey.export({ type: "spki", format: "pem" }).toString().trim(),
      publicKey.export({ type: "spki", format: "der" }),
      JSON.stringify(publicKey.export({ format: "jwk" })),
      JSON.stringify((await target.keys.jwks()).keys[0]),
      target.kid,
      "",
    ];
    for (const secret of secrets)
      await expectRefused(target, macToken({ ...header, alg }, goodClaims, secret));
  });

  it("by a stranger's key under our key's name is refused", async () => {
    const target = await openTarget();
    const token = mintToken(target.header, goodClaims, stranger.privateKey);
    await expectRefused(target, token, "the token's signature is wrong");
  });

  it.each(["ES384", "ES512", "RS256", "PS256", "es256", "EdDSA"])(
    "that says %s of a key for ES256 is refused",
    async (alg) => {
      const target = await openTarget();
      const { header, privateKey } = target;
      const token = mintText("ES256", base64url({ ...header, alg }), base64url(goodClaims), privateKey);
      await expectRefused(target, token, "the token is not signed by its key's algorithm");
    },
  );

  it("by a key that the token itself brings is refused: nothing in the header is followed", async () => {
    const target = await openTarget();
    const jwk = stranger.publicKey.export({ format: "jwk" });
    const url = "http://127.0.0.1:1/keys";
    for (const more of [{ jwk }, { jku: url }, { x5u: url }, { x5c: ["MIIB"] }, { jwk, kid: undefined }]) {
      await expectRefused(target, mintToken({ ...target.header, ...more }, goodClaims, stranger.privateKey));
    }
  });

  it.each([
    undefined,
    null,
    0,
    "",
    "0",
    "__proto__",
    "constructor",
    "../../../../dev/null",
    "/etc/passwd",
    "' OR 1=1 --",
    ["x"],
    { kid: "x" },
  ])("by the unknown key %j is refused", async (kid) => {
    const target = await openTarget();
    const token = mintToken({ ...target.header, kid }, goodClaims, target.privateKey);
    await expectRefused(target, token, "the token is signed by a key that is not known here");
  });

  it("is refused with extensions that a verifier would have to understand", async () => {
    const target = await openTarget();
    const token = mintToken({ ...target.header, crit: ["b64"], b64: false }, goodClaims, target.privateKey);
    await expectRefused(target, token, "the token is malformed");
  });
});

describe("a token of another Berth", () => {
  it("is refused, though issuer and service are the same", async () => {
    const [target, other] = [await openTarget(), await openTarget()];
    await expectRefused(target, other.token, "the token is signed by a key that is not known here");
  });

  it.each([
    [{ issuer: "berth-2" }, "the token is from another issuer"],
    [{ service: "registry-2" }, "the token is for another service"],
  ])("on the same keys is refused when it is named %j", async (names, reason) => {
    const path = join(await scratchDirectory(), "db");
    const [one, other] = [await openTokens({ path }), await openTokens({ path, ...names })];
    const { token } = await other.issuer.issue({ principal: ann, scopes: [] });
    expect(await other.verifier.verify(token)).toMatchObject({ outcome: "verified" });
    expect(await one.verifier.verify(token)).toEqual({ outcome: "refused", reason });
  });
});
