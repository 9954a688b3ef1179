// How an upload is cut into the at most 10,000 parts that S3 allows, at least 5 MiB each but for the last. Pure, and
// apart, because the promises about size are made here.
//
//   length unknown   1–1,000 of 16 MiB, then 128 MiB      1.1 TiB
//   length known     the smallest size that fits 9,000    the rest is for what comes after the promised length
//   equalParts       32 MiB each, as Cloudflare R2 asks   312 GiB
import { StorageError } from "../../../storage-error.ts";

export const mebibyte = 1024 * 1024;
export const maxParts = 10_000;
const minPartBytes = 5 * mebibyte;
const largePartBytes = 128 * mebibyte;
/** Parts up to this number may be cut short where an append ends; beyond, too little room would be left. */
const lastShortPart = 5000;

export interface PartPlanOptions {
  /** Of the first parts, at least 5 MiB. Default: 16 MiB, with `equalParts` 32 MiB. */
  readonly partBytes?: number | undefined;
  /** All parts but the last have one size. */
  readonly equalParts?: boolean | undefined;
}

/** `first` bytes up to part number `steps`, `then` bytes after it. */
export interface PartPlan {
  readonly first: number;
  readonly steps: number;
  readonly then: number;
}

/** @param knownBytes the length that was announced, if it was */
export function planParts({ partBytes, equalParts }: PartPlanOptions, knownBytes?: number): PartPlan {
  if (equalParts) {
    const size = partBytes ?? 32 * mebibyte;
    return { first: size, steps: maxParts, then: size };
  }
  const small = partBytes ?? 16 * mebibyte;
  if (knownBytes === undefined) return { first: small, steps: 1000, then: Math.max(small, largePartBytes) };
  const needed = Math.ceil(knownBytes / 9000 / mebibyte) * mebibyte;
  const first = Math.max(small, needed);
  return {
    first,
    steps: Math.max(1000, Math.ceil(knownBytes / first)),
    then: Math.max(first, largePartBytes),
  };
}

export function isEqual({ first, then }: PartPlan): boolean {
  return first === then;
}

/** @throws StorageError `full` beyond the last part that S3 allows */
export function bytesOfPart(plan: PartPlan, number: number): number {
  if (number <= maxParts) return number <= plan.steps ? plan.first : plan.then;
  const size = plan.then / mebibyte;
  throw new StorageError(
    "full",
    `a bucket's object has at most ${maxParts} parts, here of up to ${size} MiB`,
  );
}

/** Whether part `number` may be final with only `bytes`, though more parts come after it. */
export function mayBeShort(plan: PartPlan, number: number, bytes: number): boolean {
  return !isEqual(plan) && bytes >= minPartBytes && number <= lastShortPart;
}
