// Tokens of any shape, signed by node:crypto alone: what verifies them must not also be what makes them.
import { constants, createHmac, sign, type KeyObject } from "node:crypto";

export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** @param header an object, or its JSON; `alg` says how it is signed */
export function mintToken(
  header: { alg: string } & Record<string, unknown>,
  claims: unknown,
  key: KeyObject,
): string {
  return mintText(header.alg, base64url(header), base64url(claims), key);
}

/** Signs two parts that are encoded already. */
export function mintText(algorithm: string, header: string, claims: string, key: KeyObject): string {
  const signed = `${header}.${claims}`;
  return `${signed}.${signatureOf(algorithm, signed, key).toString("base64url")}`;
}

export function macToken(header: unknown, claims: unknown, secret: string | Buffer): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function signatureOf(algorithm: string, text: string, key: KeyObject): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  const padding = algorithm.startsWith("PS") && {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  return sign(hash, Buffer.from(text), { key, dsaEncoding: "ieee-p1363", ...padding });
}
