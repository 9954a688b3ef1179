// What stands in a token: Docker's specification, and what registries of others need to verify it.
import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { anonymous } from "../../../auth/principal.ts";
import { keyFingerprint } from "../../../auth/tokens/key-fingerprint.ts";
import { ann, openTokens, pullApp, start } from "./open-tokens.ts";

const decoded = (token: string) =>
  token
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as unknown);

describe("an issued token", () => {
  it("has the claims of Docker's specification, iat set back, and no nbf", async () => {
    const { issuer, keys } = await openTokens();
    const { token, ...rest } = await issuer.issue({ principal: ann, scopes: [pullApp] });
    const { kid } = await keys.current();
    const [header, claims] = decoded(token);
    expect(header).toEqual({ alg: "ES256", typ: "JWT", kid });
    expect(claims).toEqual({
      iss: "berth",
      sub: "ann",
      aud: "registry",
      iat: start / 1000 - 60,
      exp: start / 1000 + 300,
      jti: "t1",
      access: [{ type: "repository", name: "team/app", actions: ["pull"] }],
      principal: { kind: "user", id: "u1" },
    });
    expect(rest).toEqual({ expiresInSeconds: 300, issuedAt: new Date(start) });
  });

  it("has an empty subject for anonymous", async () => {
    const { issuer } = await openTokens();
    const [, claims] = decoded((await issuer.issue({ principal: anonymous, scopes: [] })).token);
    expect(claims).toMatchObject({ sub: "", access: [], principal: { kind: "anonymous" } });
  });

  it.each(["ES256", "RS256"] as const)("is verified with the published key alone, %s", async (algorithm) => {
    const { issuer, keys } = await openTokens({ algorithm });
    const { token } = await issuer.issue({ principal: ann, scopes: [] });
    const [jwk = {}] = (await keys.jwks()).keys;
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const [header, claims, signature = ""] = token.split(".");
    const signed = Buffer.from(`${header}.${claims}`);
    const options = { key, dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", signed, options, Buffer.from(signature, "base64url"))).toBe(true);
    expect(jwk["kid"]).toBe(keyFingerprint(key));
  });

  it("is another one each time", async () => {
    const { issuer } = await openTokens();
    const issue = async () => (await issuer.issue({ principal: ann, scopes: [] })).token;
    expect(await issue()).not.toBe(await issue());
  });
});
