// The name of one upload, and the only way from text to it: names become paths and keys, so nothing else may pass. Apart
// because every persistent store names its uploads alike.
import { randomBytes } from "node:crypto";

/** Names one upload, and makes its object's locator unique: 32 lower-case hexadecimal digits. */
export type UploadId = string & { readonly brand: unique symbol };

const form = /^[0-9a-f]{32}$/;

export function newUploadId(): UploadId {
  return randomBytes(16).toString("hex") as UploadId;
}

export function parseUploadId(text: unknown): UploadId | undefined {
  return typeof text === "string" && form.test(text) ? (text as UploadId) : undefined;
}
