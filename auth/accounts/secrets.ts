// The secrets that Berth makes: access tokens of users, robots' secrets, refresh tokens. As random as a key, so SHA-256
// is all the hashing they need, and recognisable, so that scanners find a leaked one and a cut one costs no look-up.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { SecretKind } from "../../storage/metadata/access-records.ts";

const prefixes: Record<SecretKind, string> = {
  personal: "berth_pat_",
  robot: "berth_robot_",
  refresh: "berth_refresh_",
};

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const randomSize = 20;
/** The least number of characters that holds 160 bits. */
const bodyLength = 27;
/** The least number of characters that holds 32 bits. */
const checksumLength = 6;

const beginning = /^berth_(?:pat|robot|refresh)_/;
const form = new RegExp(`${beginning.source}[0-9A-Za-z]{${bodyLength + checksumLength}}$`);

/**
 * `berth_pat_` and its like, 160 random bits, and the CRC-32 of all before it; both in base 62. The form is GitHub's.
 * @param randomBytes of a cryptographic source
 */
export function newSecret(kind: SecretKind, randomBytes: (size: number) => Buffer): string {
  const random = BigInt(`0x${randomBytes(randomSize).toString("hex")}`);
  const text = prefixes[kind] + base62(random, bodyLength);
  return text + checksumOf(text);
}

/** Whether it has the form of a secret, to the last bit of its checksum. Says nothing of whether it is anyone's. */
export function isSecret(text: string): boolean {
  return form.test(text) && checksumOf(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

/** Also true of one that was cut or mistyped. No password begins so (passwords.ts). */
export function beginsLikeSecret(text: string): boolean {
  return beginning.test(text);
}

/** A text of strangers for the log and the audit trail, without what somebody put into it by mistake: secrets of ours, and signed tokens. */
export function withoutSecrets(text: string): string {
  if (!text.includes("berth_") && !text.includes("eyJ")) return text;
  return text
    .replace(/berth_(pat|robot|refresh)_\w+/g, "berth_$1_…")
    .replace(/\beyJ[\w-]+(?:\.[\w-]*)+/g, "eyJ…");
}

/** What the metadata store keeps of a secret: its SHA-256. */
export function hashSecret(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function checksumOf(text: string): string {
  return base62(BigInt(crc32(text)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let [text, rest] = ["", value];
  while (rest > 0n) {
    text = alphabet.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text.padStart(length, "0");
}
