// What of an upload must outlive the process, as the text that a row keeps: at most 64 KiB, whatever the size of the blob.
//
//   |── parts, final ─────────────────────|── tail: not yet a part ──|
//   0                                 partsEnd                     offset
import { isDigestAlgorithm, parseDigests, type DigestAlgorithm, type Digests } from "../../../digest.ts";
import { parseUploadId, type UploadId } from "../../upload-id.ts";
import type { PartPlan } from "./part-plan.ts";
import { tailSlots, type TailSlot } from "../s3-layout.ts";

/** Longer tails are an object of their own. */
export const maxInlineBytes = 24 * 1024;
/** Once there are so many ETags of parts, or they take so many characters, they go into an object of their own. */
export const maxEtags = 500;
export const maxEtagCharacters = 20_000;

export type Tail =
  /** Base64. */
  | { readonly kind: "inline"; readonly bytes: number; readonly content: string }
  | {
      readonly kind: "object";
      readonly bytes: number;
      readonly slot: TailSlot;
      /** Where it was also sent as the part after the last, so that a close needs no byte of it. */
      readonly etag?: string | undefined;
    };

export interface S3UploadState {
  readonly id: UploadId;
  readonly offset: number;
  readonly algorithms: readonly DigestAlgorithm[];
  /** Of the bytes up to `offset`; empty once they can only be had by reading the object after all. */
  readonly digests: Digests;
  /** Present once there is a multipart upload. */
  readonly multipart?: { readonly uploadId: string; readonly plan: PartPlan } | undefined;
  /** Objects with ETags, and how many parts they are of. */
  readonly spills: number;
  readonly spilledParts: number;
  /** ETags of the parts after those. */
  readonly etags: readonly string[];
  readonly tail?: Tail | undefined;
  /** Whether there ever was a tail that is an object. */
  readonly tailed: boolean;
}

export function newUploadState(
  id: UploadId,
  algorithms: readonly DigestAlgorithm[],
  digests: Digests,
): S3UploadState {
  return { id, offset: 0, algorithms, digests, spills: 0, spilledParts: 0, etags: [], tailed: false };
}

export function partCount({ spilledParts, etags }: S3UploadState): number {
  return spilledParts + etags.length;
}

export function partsEnd({ offset, tail }: S3UploadState): number {
  return offset - (tail?.bytes ?? 0);
}

export function formatUploadState(state: S3UploadState): string {
  return JSON.stringify(state);
}

/** Undefined for anything that {@link formatUploadState} did not write. */
export function parseUploadState(text: string): S3UploadState | undefined {
  const value = parseObject(text);
  if (!value) return undefined;
  const id = parseUploadId(value["id"]);
  const digests = parseDigests(value["digests"]);
  const { algorithms, offset, spills, spilledParts, etags } = value;
  if (!id || !digests || !isCount(offset) || !isCount(spills) || !isCount(spilledParts)) return undefined;
  if (!isListOf(algorithms, isAlgorithm) || !isListOf(etags, isText)) return undefined;
  const multipart = parseMultipart(value["multipart"]);
  const tail = parseTail(value["tail"]);
  const tailed = value["tailed"] === true;
  return { id, offset, algorithms, digests, spills, spilledParts, etags, multipart, tail, tailed };
}

function parseMultipart(value: unknown): S3UploadState["multipart"] {
  const { uploadId, plan } = objectOf(value);
  const { first, steps, then } = objectOf(plan);
  if (!isText(uploadId) || !isCount(first) || !isCount(steps) || !isCount(then)) return undefined;
  return { uploadId, plan: { first, steps, then } };
}

function parseTail(value: unknown): Tail | undefined {
  const { kind, bytes, content, slot: number, etag } = objectOf(value);
  if (!isCount(bytes)) return undefined;
  if (kind === "inline" && isText(content)) return { kind, bytes, content };
  const slot = tailSlots.find((known) => known === number);
  if (kind !== "object" || slot === undefined) return undefined;
  return { kind, bytes, slot, ...(isText(etag) && { etag }) };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isAlgorithm(value: unknown): value is DigestAlgorithm {
  return isText(value) && isDigestAlgorithm(value);
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return objectOf(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
