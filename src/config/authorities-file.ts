// The PEM file of a key such as storage.blobs.s3.ca. Of its own, because what is wrong with it should be told by the
// name of the key, and before anything is connected to.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { ConfigError } from "./config-error.ts";

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The file's text.
 * @param key for the message
 * @throws ConfigError when the file can't be read, or holds no certificate, or one that is none
 */
export function readAuthorities(key: string, path: string): string {
  const refuse = (what: string): never => {
    throw new ConfigError([{ where: key, what }]);
  };
  const text =
    readText(path) ?? refuse(`${path} can't be read: is the path right, and may this user read it?`);
  const found = text.match(certificates) ?? refuse(`${path} holds no certificate in PEM form`);
  for (const certificate of found) {
    if (!isCertificate(certificate)) refuse(`${path} holds a certificate that can't be understood`);
  }
  return text;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
