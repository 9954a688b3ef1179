// The signature of a token, and nothing else of it: claims and times are judged by whoever asks, on a clock of theirs.
import type { KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";
import { isJsonObject, type JsonObject } from "./json-object.ts";
import { TokenRefused } from "./token-verdict.ts";

/** What may sign a token: all that jsonwebtoken verifies with public keys in common use. Never HS…, never none. */
export const signingAlgorithms = [
  "ES256",
  "ES384",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/**
 * What this key signed by this very algorithm, whatever the token's header says.
 * @throws TokenRefused when it did not, or the algorithm is not for a key of this kind
 */
export function signedPayload(token: string, publicKey: KeyObject, algorithm: SigningAlgorithm): JsonObject {
  const payload = verify(token, publicKey, algorithm);
  if (!isJsonObject(payload)) throw new TokenRefused("the token's claims are malformed");
  return payload;
}

function verify(token: string, publicKey: KeyObject, algorithm: SigningAlgorithm): unknown {
  try {
    return jwt.verify(token, publicKey, {
      algorithms: [algorithm],
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    throw new TokenRefused("the token's signature is wrong");
  }
}
