// The chain of certificates that a token may carry (x5c), followed to a root that the operator trusts.
import { X509Certificate, type KeyObject } from "node:crypto";

const maxCertificates = 10;

/**
 * The key of the chain's first certificate, when each was issued by the one after it and one of them by a root, or is a
 * root itself; all valid now. Names, path lengths and usages say nothing here: who may issue below a root may sign.
 * @param x5c base64 of DER, the signer's first
 * @param now milliseconds since 1970
 */
export function signerOf(
  x5c: readonly string[],
  roots: readonly X509Certificate[],
  now: number,
): KeyObject | undefined {
  if (x5c.length > maxCertificates || roots.length === 0) return undefined;
  try {
    const chain = x5c.map((text) => new X509Certificate(Buffer.from(text, "base64")));
    const usable = roots.filter((root) => isValidAt(root, now));
    const anchor = chain.findIndex((one) =>
      usable.some((root) => root.raw.equals(one.raw) || issued(root, one)),
    );
    const path = chain.slice(0, anchor + 1);
    // From the root down: a forged chain costs one signature, however long it is.
    const holds = path
      .map((one, index) => ({ one, issuer: path[index + 1] }))
      .reverse()
      .every(({ one, issuer }) => isValidAt(one, now) && (issuer === undefined || issued(issuer, one)));
    return holds ? path[0]?.publicKey : undefined;
  } catch {
    // A certificate that can't be parsed, or of a key that is not supported.
    return undefined;
  }
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}
