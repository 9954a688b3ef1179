// Tokens of a token server of others: what Distribution takes is taken, and nothing beyond.
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyFingerprint, keyThumbprint } from "../../../../auth/tokens/key-fingerprint.ts";
import { signingAlgorithms } from "../../../../auth/tokens/signed-payload.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { base64url, macToken, mintText, mintToken } from "../minted-token.ts";
import {
  ecKey,
  goodClaims,
  openTokenServer,
  openVerifier,
  publicJwk,
  publicPem,
  serverToken,
  start,
} from "./token-server.ts";

const refused = (reason: string) => ({ outcome: "refused", reason });

describe("a token of the token server", () => {
  it("is taken by libtrust's name of its key, and by RFC 7638's", async () => {
    const { verifier, token, keys } = await openTokenServer();
    const verdict = {
      outcome: "verified",
      principal: { kind: "external", subject: "ann" },
      scopes: [],
      expired: false,
    };
    expect(await verifier.verify(token())).toEqual(verdict);
    expect(await verifier.verify(token({}, { kid: keyThumbprint(keys.publicKey) }))).toEqual(verdict);
  });

  it.each([
    ["a list of audiences", { aud: ["other", "registry"] }],
    ["a class in its access", { access: [{ type: "repository", class: "", name: "a", actions: [] }] }],
    ["null where Go writes nothing", { access: null, sub: null }],
    ["no access and no subject at all", { access: undefined, sub: undefined, jti: undefined }],
    ["times with fractions", { exp: goodClaims.exp + 0.5, iat: goodClaims.iat - 0.5 }],
    ["claims that nobody here knows", { azp: "x", nested: { a: [1] } }],
    ["neither iat nor nbf", { iat: undefined, nbf: undefined }],
  ])("is taken with %s", async (_, claims) => {
    const { verifier, token } = await openTokenServer();
    expect(await verifier.verify(token(claims))).toMatchObject({ outcome: "verified" });
  });

  it("is somebody without a name when the server lets anybody pull", async () => {
    const { verifier, token } = await openTokenServer();
    expect(await verifier.verify(token({ sub: "" }))).toMatchObject({
      principal: { kind: "external", subject: "" },
    });
  });

  it("carries every action on a repository where it says *", async () => {
    const { verifier, token } = await openTokenServer();
    const access = [
      { type: "repository", name: "team/app", actions: ["*"] },
      { type: "repository", name: "team/lib", actions: ["pull"] },
      { type: "registry", name: "catalog", actions: ["*"] },
    ];
    const verdict = await verifier.verify(token({ access }));
    expect(verdict).toMatchObject({
      scopes: [{ ...access[0], actions: ["pull", "push", "delete"] }, access[1], access[2]],
    });
  });

  it.each([
    [{ iss: "another" }, "the token is from another issuer"],
    [{ aud: "another" }, "the token is for another service"],
    [{ aud: [] }, "the token is for another service"],
    [{ exp: start / 1000 - 90 }, "the token has expired"],
    [{ exp: String(start / 1000 + 300) }, "the token's claims are malformed"],
    [{ exp: undefined }, "the token's claims are malformed"],
    [{ nbf: start / 1000 + 90 }, "the token is not valid yet: do the clocks agree?"],
    [{ iat: start / 1000 + 90 }, "the token is of the future: do the clocks agree?"],
    [{ access: "repository:team/app:pull" }, "the token's claims are malformed"],
    [{ sub: { name: "ann" } }, "the token's claims are malformed"],
  ])("is refused with %j", async (claims, reason) => {
    const { verifier, token } = await openTokenServer();
    expect(await verifier.verify(token(claims))).toEqual(refused(reason));
  });

  it.each([
    [{ exp: start / 1000 - 45 }, "verified"],
    [{ nbf: start / 1000 + 45 }, "verified"],
    [{ iat: start / 1000 + 45 }, "verified"],
  ])("is taken with a clock that is a little off: %j", async (claims, outcome) => {
    const { verifier, token } = await openTokenServer();
    expect(await verifier.verify(token(claims))).toMatchObject({ outcome });
  });
});

describe("the algorithm of a token", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const p256 = ecKey();
  const keyFor = (algorithm: string) => (algorithm === "ES256" ? p256 : algorithm === "ES384" ? p384 : rsa);

  const openAll = async (options: object = {}) => {
    const rootCertBundle = join(await scratchDirectory(), "bundle.pem");
    await writeFile(rootCertBundle, [rsa, p384, p256].map(publicPem).join("\n"));
    return openVerifier({ rootCertBundle, ...options });
  };

  it.each(signingAlgorithms)("may be %s", async (alg) => {
    const { verifier } = await openAll();
    expect(await verifier.verify(serverToken(keyFor(alg), {}, { alg }))).toMatchObject({
      outcome: "verified",
    });
  });

  it.each(signingAlgorithms)("must be of the list: %s alone", async (alg) => {
    const { verifier } = await openAll({ signingAlgorithms: [alg] });
    for (const other of signingAlgorithms) {
      const outcome = other === alg ? "verified" : "refused";
      expect(await verifier.verify(serverToken(keyFor(other), {}, { alg: other }))).toMatchObject({
        outcome,
      });
    }
  });

  it.each(["none", "None", "nOnE", "HS256", "HS384", "HS512", "ES512", "EdDSA", "es256", ""])(
    "is never %j, with whatever secret",
    async (alg) => {
      const { verifier, token, keys } = await openTokenServer();
      const header = { alg, kid: keyFingerprint(keys.publicKey) };
      const unsigned = `${base64url(header)}.${base64url(goodClaims)}.`;
      const secrets = [publicPem(keys), JSON.stringify(publicJwk(keys)), ""];
      const signature = token().split(".")[2] ?? "";
      for (const one of [
        unsigned,
        unsigned + signature,
        ...secrets.map((it) => macToken(header, goodClaims, it)),
      ]) {
        expect(await verifier.verify(one)).toMatchObject({ outcome: "refused" });
      }
    },
  );

  it("must fit the key", async () => {
    const { verifier } = await openAll();
    const header = base64url({ alg: "ES256", kid: keyFingerprint(p384.publicKey) });
    const token = mintText("ES384", header, base64url(goodClaims), p384.privateKey);
    expect(await verifier.verify(token)).toEqual(refused("the token's signature is wrong"));
  });

  it("must be the one that the key set names for the key", async () => {
    const jwks = join(await scratchDirectory(), "jwks.json");
    await writeFile(jwks, JSON.stringify({ keys: [publicJwk(rsa, { kid: "k1", alg: "RS256" })] }));
    const { verifier } = await openVerifier({ jwks });
    const token = (alg: string) => serverToken(rsa, {}, { alg, kid: "k1" });
    expect(await verifier.verify(token("RS256"))).toMatchObject({ outcome: "verified" });
    expect(await verifier.verify(token("PS256"))).toEqual(
      refused("the token is not signed by its key's algorithm"),
    );
  });
});

describe("a forged token of the token server", () => {
  const untrusted = refused("the token is signed by a key that is not trusted here");

  it("is refused when the key is another's", async () => {
    const { verifier, keys } = await openTokenServer();
    const kid = keyFingerprint(keys.publicKey);
    const stranger = ecKey();
    expect(await verifier.verify(serverToken(stranger))).toEqual(untrusted);
    expect(await verifier.verify(serverToken(stranger, {}, { kid }))).toEqual(
      refused("the token's signature is wrong"),
    );
    const jwk = publicJwk(stranger, { kid });
    expect(await verifier.verify(serverToken(stranger, {}, { jwk }))).toEqual(untrusted);
    for (const url of ["jku", "x5u"]) {
      const token = serverToken(stranger, {}, { [url]: "http://127.0.0.1:1/keys" });
      expect(await verifier.verify(token)).toEqual(untrusted);
    }
  });

  it.each([undefined, null, "", 1, "__proto__", "toString", "../../../dev/null", "https://127.0.0.1:1/"])(
    "is refused when its key is called %j",
    async (kid) => {
      const { verifier, token } = await openTokenServer();
      expect(await verifier.verify(token({}, { kid }))).toEqual(untrusted);
    },
  );

  it("is refused cut anywhere, and changed anywhere", async () => {
    const { verifier, token } = await openTokenServer();
    const good = token();
    for (let at = 0; at < good.length - 1; at++) {
      const changed = good.slice(0, at) + (good[at] === "A" ? "B" : "A") + good.slice(at + 1);
      for (const one of [good.slice(0, at), changed]) {
        expect(await verifier.verify(one), one).toMatchObject({ outcome: "refused" });
      }
    }
    expect(await verifier.verify(good)).toMatchObject({ outcome: "verified" });
  });

  it("never makes the verifier throw, whatever its header says", async () => {
    const { verifier, keys } = await openTokenServer();
    const names = fc.constantFrom("kid", "x5c", "jwk", "jku", "typ", "crit");
    const certificate = fc.oneof(fc.base64String(), fc.constant(publicPem(keys)), fc.json());
    const jwk = fc.record({
      kty: fc.oneof(fc.constantFrom("EC", "RSA", "oct", "OKP"), fc.jsonValue()),
      crv: fc.oneof(fc.constantFrom("P-256", "P-521"), fc.jsonValue()),
      x: fc.oneof(fc.base64String(), fc.jsonValue()),
      y: fc.oneof(fc.base64String(), fc.jsonValue()),
      n: fc.oneof(fc.base64String(), fc.jsonValue()),
      e: fc.constant("AQAB"),
      x5c: fc.oneof(fc.array(certificate), fc.jsonValue()),
    });
    const value = fc.oneof(fc.jsonValue(), fc.array(certificate), jwk);
    const { privateKey } = ecKey();
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, value), async (header) => {
        const verdict = await verifier.verify(mintToken({ alg: "ES256", ...header }, goodClaims, privateKey));
        expect(verdict.outcome).toBe("refused");
      }),
      { numRuns: 500 },
    );
  });
});

describe("tokens of the token server that were verified", () => {
  it("are no more than so many, and none is older than a minute", async () => {
    const { verifier, token, clock } = await openTokenServer({ maxRemembered: 2 });
    const tokens = Array.from({ length: 5 }, (_, i) => token({ jti: String(i) }));
    for (const one of [...tokens, ...tokens])
      expect(await verifier.verify(one)).toMatchObject({ outcome: "verified" });
    clock.monotonic += 120_000;
    clock.now += 120_000;
    for (const one of tokens) expect(await verifier.verify(one)).toMatchObject({ outcome: "verified" });
  });

  it("expire all the same, and finish an upload all the same", async () => {
    const { verifier, token, clock } = await openTokenServer();
    const one = token();
    await verifier.verify(one);
    clock.now = start + 300_000 + 61_000;
    expect(await verifier.verify(one)).toEqual(refused("the token has expired"));
    expect(await verifier.verify(one, { acceptExpired: true })).toMatchObject({
      outcome: "verified",
      expired: true,
    });
  });
});
