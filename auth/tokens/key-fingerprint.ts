// The name that a public key has by itself. Apart because Berth names its own keys so, and finds those of others by it.
import { createHash, type KeyObject } from "node:crypto";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const digits = 48;

/**
 * libtrust's fingerprint: the first 240 bits of the SHA-256 of the key (SubjectPublicKeyInfo, DER), in base32, in twelve
 * groups of four. CNCF Distribution 2.x finds the keys of its rootcertbundle by it.
 */
export function keyFingerprint(publicKey: KeyObject): string {
  const hash = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" }));
  const bits = BigInt(`0x${hash.digest("hex").slice(0, 60)}`);
  const text = Array.from({ length: digits }, (_, index) =>
    base32.charAt(Number((bits >> BigInt(5 * (digits - 1 - index))) & 31n)),
  ).join("");
  return text.replace(/.{4}(?=.)/g, "$&:");
}

/** RFC 7638: what CNCF Distribution 3 finds the keys of its rootcertbundle by. Undefined for keys other than EC and RSA. */
export function keyThumbprint(publicKey: KeyObject): string | undefined {
  const { kty, crv, x, y, e, n } = publicKey.export({ format: "jwk" });
  if (kty !== "EC" && kty !== "RSA") return undefined;
  // The members that the RFC requires, in the order of the alphabet.
  const members = kty === "EC" ? { crv, kty, x, y } : { e, kty, n };
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}
