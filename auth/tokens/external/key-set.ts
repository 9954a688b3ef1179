// Keys of another token server, as a bundle of certificates or a JSON Web Key Set names them. Apart from where they are
// read, so that a text makes the same keys from a file and from a URL.
import { createPublicKey, X509Certificate, type JsonWebKey, type KeyObject } from "node:crypto";
import { isJsonObject, parseJsonObject, type JsonObject } from "../json-object.ts";
import { keyFingerprint, keyThumbprint } from "../key-fingerprint.ts";
import { signingAlgorithms } from "../signed-payload.ts";

export interface TrustedKey {
  readonly publicKey: KeyObject;
  /** The only algorithm that it is for; undefined is any that fits. */
  readonly algorithm?: string;
}

export interface KeySet {
  /** By what a token's `kid` may call them. */
  readonly keys: ReadonlyMap<string, TrustedKey>;
  /** A chain of certificates is trusted when it ends at one of these. */
  readonly roots: readonly X509Certificate[];
}

export const noKeys: KeySet = { keys: new Map(), roots: [] };

/**
 * @param pem certificates and public keys, as in Distribution's rootcertbundle
 * @throws Error in words for an operator
 */
export function parseBundle(pem: string): KeySet {
  const blocks = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g)];
  const keys = new Map<string, TrustedKey>();
  const roots: X509Certificate[] = [];
  for (const [block, label = ""] of blocks) {
    if (label.endsWith("CERTIFICATE")) roots.push(parsed(label, () => new X509Certificate(block)));
    else if (label.endsWith("PUBLIC KEY"))
      addKey(keys, { publicKey: parsed(label, () => createPublicKey(block)) });
    else throw new Error(`holds a ${label}; only certificates and public keys belong there`);
  }
  for (const { publicKey } of roots) addKey(keys, { publicKey });
  if (roots.length + keys.size === 0) throw new Error("holds no certificate and no public key (PEM)");
  return { keys, roots };
}

/**
 * @param text RFC 7517; keys for other purposes and of other kinds are left out
 * @throws Error in words for an operator
 */
export function parseJsonWebKeySet(text: string): KeySet {
  const entries = parseJsonObject(text)?.["keys"];
  if (!Array.isArray(entries)) throw new Error('is no JSON Web Key Set: {"keys": […]} is one');
  const keys = new Map<string, TrustedKey>();
  for (const entry of entries.filter(isJsonObject)) {
    const publicKey = isForSignatures(entry) ? publicKeyOf(entry) : undefined;
    const { kid, alg } = entry;
    const algorithm = typeof alg === "string" ? { algorithm: alg } : {};
    if (publicKey) addKey(keys, { publicKey, ...algorithm }, typeof kid === "string" ? kid : undefined);
  }
  if (keys.size === 0) throw new Error("holds no key that verifies tokens (EC with P-256 or P-384, or RSA)");
  return { keys, roots: [] };
}

/** The public part of a JSON Web Key; undefined for what is none that verifies tokens. */
export function publicKeyOf({ kty, crv, x, y, n, e }: JsonObject): KeyObject | undefined {
  const key = (kty === "EC" ? { kty, crv, x, y } : { kty, n, e }) as JsonWebKey;
  try {
    const publicKey = createPublicKey({ key, format: "jwk" });
    return canVerify(publicKey) ? publicKey : undefined;
  } catch {
    return undefined;
  }
}

/** Known by the name that it was given, and by those it has by itself; whoever came first keeps a name. */
function addKey(keys: Map<string, TrustedKey>, key: TrustedKey, kid?: string): void {
  if (!canVerify(key.publicKey)) return;
  for (const name of [kid, keyFingerprint(key.publicKey), keyThumbprint(key.publicKey)]) {
    if (name !== undefined && !keys.has(name)) keys.set(name, key);
  }
}

function canVerify({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType !== "ec") return asymmetricKeyType === "rsa";
  return ["prime256v1", "secp384r1"].includes(asymmetricKeyDetails?.namedCurve ?? "");
}

function isForSignatures({ use, alg, key_ops: operations }: JsonObject): boolean {
  const isSigning = alg === undefined || (signingAlgorithms as readonly unknown[]).includes(alg);
  const isVerifying = !Array.isArray(operations) || operations.includes("verify");
  return (use === undefined || use === "sig") && isSigning && isVerifying;
}

function parsed<T>(label: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`holds a ${label} that cannot be understood`, { cause: error });
  }
}
