// A token server of others: keys in files as its operator would hand them out, and tokens as it would sign them.
import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ExternalTokenVerifier } from "../../../../auth/tokens/external/external-token-verifier.ts";
import type { ExternalTokenOptions } from "../../../../auth/tokens/external/external-token-verifier.ts";
import { keyFingerprint } from "../../../../auth/tokens/key-fingerprint.ts";
import type { IssuedCertificate } from "../../../support/certificates.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { mintToken } from "../minted-token.ts";

/** Where the clock of a test begins: certificates are valid from the real now on. */
export const start = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;

export const ecKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

export type KeyPair = ReturnType<typeof ecKey>;

export interface OpenVerifierOptions extends Partial<ExternalTokenOptions> {
  readonly fetchEveryMilliseconds?: number;
  readonly maxRemembered?: number;
}

/** Closes with the test. */
export async function openVerifier(options: OpenVerifierOptions) {
  const clock = { now: start, monotonic: 1 };
  const problems: string[] = [];
  const { fetchEveryMilliseconds, maxRemembered, ...settings } = options;
  const verifier = await ExternalTokenVerifier.open(
    { realm: "https://auth.example.com/token", service: "registry", issuer: "auth", ...settings },
    {
      now: () => clock.now,
      clock: () => clock.monotonic,
      onProblem: (message) => problems.push(message),
      ...(fetchEveryMilliseconds !== undefined && { fetchEveryMilliseconds }),
      ...(maxRemembered !== undefined && { maxRemembered }),
    },
  );
  onTestFinished(() => verifier.close());
  return { verifier, clock, problems };
}

export const goodClaims = {
  iss: "auth",
  sub: "ann",
  aud: "registry",
  exp: start / 1000 + 300,
  nbf: start / 1000 - 10,
  iat: start / 1000,
  jti: "1",
  access: [],
};

/** A token named by libtrust's fingerprint of its key, unless the header says otherwise. */
export function serverToken(keys: KeyPair, claims: object = {}, header: object = {}): string {
  const kid = keyFingerprint(keys.publicKey);
  return mintToken(
    { alg: "ES256", typ: "JWT", kid, ...header },
    { ...goodClaims, ...claims },
    keys.privateKey,
  );
}

export const publicPem = ({ publicKey }: { publicKey: KeyObject }): string =>
  publicKey.export({ type: "spki", format: "pem" }).toString();

export const publicJwk = ({ publicKey }: { publicKey: KeyObject }, more: object = {}) => ({
  ...publicKey.export({ format: "jwk" }),
  ...more,
});

/** What x5c holds of a certificate. */
export const derOf = ({ pem }: { pem: string }): string => new X509Certificate(pem).raw.toString("base64");

export const keysOf = ({ key, pem }: IssuedCertificate): KeyPair => ({
  privateKey: createPrivateKey(readFileSync(key)),
  publicKey: new X509Certificate(pem).publicKey,
});

/** One key in a bundle, and a verifier that trusts it. */
export async function openTokenServer(options: OpenVerifierOptions = {}) {
  const rootCertBundle = join(await scratchDirectory(), "bundle.pem");
  const keys = ecKey();
  await writeFile(rootCertBundle, publicPem(keys));
  const opened = await openVerifier({ rootCertBundle, ...options });
  const token = (claims: object = {}, header: object = {}) => serverToken(keys, claims, header);
  return { ...opened, keys, token, rootCertBundle };
}
