// The two PEM files of http.tls → something to secure connections with, or one sentence about what is wrong with them.
// Apart from current-certificate.ts, which decides when to read them.
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";

/** Paths. `cert` holds the server's certificate and behind it those that lead to the root, `key` its private key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** The content of both files. */
export type PemPair = CertificateFiles;

export interface Certificate {
  readonly context: SecureContext;
  /** What it was issued for, as OpenSSL writes it: `DNS:registry.example.com, IP Address:10.0.0.1`. */
  readonly names: string;
  readonly validUntil: Date;
}

/** The files can't be used. The message names key and file and says what to do; the error needs no cause beside it. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

/** @throws CertificateError when a file can't be read */
export async function readPemPair(files: CertificateFiles): Promise<PemPair> {
  return { cert: await readPem("cert", files.cert), key: await readPem("key", files.key) };
}

/**
 * Clients would find out all of this, each with a message of its own (REQ-51): better once, here.
 * @param files only named in messages
 * @param now in milliseconds
 * @throws CertificateError when the content is not PEM, does not belong together, is out of date or names no host
 */
export function checkCertificate(files: CertificateFiles, pem: PemPair, now: number): Certificate {
  const chain = parseChain(files.cert, pem.cert);
  const [own] = chain;
  const key = parseKey(files.key, pem.key);
  if (!own.checkPrivateKey(key)) throw new CertificateError(mismatch(files, chain, key));
  const names = own.subjectAltName;
  if (names === undefined) {
    const advice = "get one that has the names and addresses under which clients reach Berth";
    throw fault(
      "cert",
      `the certificate in ${files.cert} has no subjectAltName, and clients refuse it; ${advice}`,
    );
  }
  const validUntil = new Date(own.validTo);
  if (validUntil.getTime() <= now) {
    throw fault("cert", `the certificate in ${files.cert} expired on ${validUntil.toISOString()}; renew it`);
  }
  const validFrom = new Date(own.validFrom);
  if (validFrom.getTime() > now) {
    const clock = `the clock of this machine says ${new Date(now).toISOString()}`;
    throw fault(
      "cert",
      `the certificate in ${files.cert} begins on ${validFrom.toISOString()}, and ${clock}`,
    );
  }
  return { context: secureContext(files, pem), names, validUntil };
}

function fault(key: keyof CertificateFiles, what: string): CertificateError {
  return new CertificateError(`http.tls.${key}: ${what}`);
}

async function readPem(key: keyof CertificateFiles, path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    throw fault(key, unreadable(path, error as NodeJS.ErrnoException));
  }
}

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return `there is no file ${path}`;
    case "EACCES":
      return `the user Berth runs as (uid ${process.getuid?.() ?? "unknown"}) may not read ${path}`;
    case "EISDIR":
      return `${path} is a directory; name the file in it`;
    default:
      return `cannot read ${path}: ${message}`;
  }
}

function parseChain(path: string, pem: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const [own, ...others] = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw fault("cert", `certificate ${index + 1} in ${path} is damaged`);
    }
  });
  if (own === undefined) {
    throw fault("cert", `${path} holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----")`);
  }
  return [own, ...others];
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // "BEGIN ENCRYPTED PRIVATE KEY", or "Proc-Type: 4,ENCRYPTED" in OpenSSL's older form.
    throw /\bENCRYPTED\b/.test(pem)
      ? fault("key", `the key in ${path} is encrypted; Berth needs it without a passphrase`)
      : fault("key", `${path} holds no private key in PEM form ("-----BEGIN PRIVATE KEY-----")`);
  }
}

function mismatch(files: CertificateFiles, chain: readonly X509Certificate[], key: KeyObject): string {
  const match = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  return match === -1
    ? `http.tls.key: the key in ${files.key} does not belong to the certificate in ${files.cert}`
    : `http.tls.cert: the key belongs to certificate ${match + 1} in ${files.cert}; put that one first`;
}

function secureContext(files: CertificateFiles, pem: PemPair): SecureContext {
  try {
    return createSecureContext({ ...pem, minVersion: "TLSv1.2", honorCipherOrder: true });
  } catch (error) {
    const { message } = error as Error;
    throw new CertificateError(`http.tls: OpenSSL refuses ${files.cert} with ${files.key}: ${message}`);
  }
}
