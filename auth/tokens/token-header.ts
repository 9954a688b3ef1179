// What stands before the claims of a token, read strictly and believed not at all: it says by which key to verify, and
// only keys that are trusted already are looked for.
import { isJsonObject, parseJsonObject, type JsonObject } from "./json-object.ts";
import { TokenRefused } from "./token-verdict.ts";

/** Room for a hundred scopes of the longest names, and well below the 64 KiB that the server takes of all headers. */
const maxTokenBytes = 48 * 1024;

export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  /** A chain of certificates, base64 of DER, the signer's first (RFC 7515 §4.1.6). */
  readonly x5c: readonly string[] | undefined;
  /** A public key, as libtrust writes it. */
  readonly jwk: JsonObject | undefined;
}

const compactForm = /^([\w-]+)\.[\w-]+\.[\w-]+$/;

/**
 * The header of a signed token in compact form (RFC 7515 §3.1).
 * @throws TokenRefused for anything else
 */
export function tokenHeader(token: string): TokenHeader {
  if (token.length > maxTokenBytes) throw new TokenRefused("the token is too long");
  const [, encoded = ""] = compactForm.exec(token) ?? [];
  const header = parseJsonObject(Buffer.from(encoded, "base64url").toString("utf8"));
  // crit names extensions that a verifier must understand (RFC 7515 §4.1.11); there are none that Berth does.
  if (header === undefined || typeof header["alg"] !== "string" || "crit" in header) {
    throw new TokenRefused("the token is malformed");
  }
  const { alg, kid, x5c, jwk } = header;
  return {
    alg,
    kid: typeof kid === "string" ? kid : undefined,
    x5c: chainIn(x5c),
    jwk: isJsonObject(jwk) ? jwk : undefined,
  };
}

/** The certificates that a header or a key names; undefined unless it is a list of texts. */
export function chainIn(x5c: unknown): readonly string[] | undefined {
  if (!Array.isArray(x5c) || x5c.length === 0) return undefined;
  return x5c.every((one): one is string => typeof one === "string") ? x5c : undefined;
}
