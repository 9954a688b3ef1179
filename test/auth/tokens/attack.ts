// What the attacks on a verifier share: a target with its own keys, claims that are good, and what a refusal looks like.
import { generateKeyPairSync } from "node:crypto";
import { expect } from "vitest";
import { ann, openTokens, pullApp, start } from "./open-tokens.ts";

export async function openTarget() {
  const parts = await openTokens();
  const { kid, privateKey, publicKey } = await parts.keys.current();
  const header = { alg: "ES256", typ: "JWT", kid };
  const { token } = await parts.issuer.issue({ principal: ann, scopes: [pullApp] });
  return { ...parts, kid, privateKey, publicKey, header, token };
}

export const seconds = start / 1000;
export const goodClaims = {
  iss: "berth",
  sub: "ann",
  aud: "registry",
  exp: seconds + 300,
  iat: seconds,
  access: [{ type: "repository", name: "team/app", actions: ["pull"] }],
  principal: { kind: "user", id: "u1" },
};

/** Somebody who has no key of ours. */
export const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
/** All that a refusal ever says. */
const reasons = new Set([
  "the token is too long",
  "the token is malformed",
  "the token is signed by a key that is not known here",
  "the token is not signed by its key's algorithm",
  "the token's signature is wrong",
  "the token's claims are malformed",
  "the token is from another issuer",
  "the token is for another service",
  "the token is not valid yet: do the clocks agree?",
  "the token is of the future: do the clocks agree?",
  "the token has expired",
]);

export async function expectRefused(
  { verifier }: Awaited<ReturnType<typeof openTarget>>,
  token: string,
  reason?: string,
) {
  for (const acceptExpired of [false, true]) {
    const verdict = await verifier.verify(token, { acceptExpired });
    expect(verdict, token).toMatchObject({ outcome: "refused" });
    if (verdict.outcome === "refused") expectReason(verdict.reason);
    if (reason !== undefined) expect(verdict).toEqual({ outcome: "refused", reason });
  }
}

export function expectReason(reason: string): void {
  expect(reasons).toContain(reason);
}
