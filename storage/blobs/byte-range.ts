// Arithmetic of ranges, apart because every store checks and cuts the same way.
import type { ByteRange } from "./stored-object.ts";

/** Bytes from `start` up to, not including, `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The extent of `range`, or of the whole. @throws RangeError when `range` does not lie within `size` bytes. */
export function extentOf(size: number, range?: ByteRange): Extent {
  if (!range) return { start: 0, end: size };
  const { start, end } = range;
  const valid =
    Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end < size;
  if (!valid) throw new RangeError(`bytes ${start}-${end} do not lie within ${size} bytes`);
  return { start, end: end + 1 };
}

/** The bytes of `extent` out of consecutive chunks, without copying. */
export function sliceChunks(chunks: readonly Buffer[], { start, end }: Extent): Buffer[] {
  const slices: Buffer[] = [];
  let position = 0;
  for (const chunk of chunks) {
    const slice = chunk.subarray(Math.max(0, start - position), Math.max(0, end - position));
    if (slice.length > 0) slices.push(slice);
    position += chunk.length;
  }
  return slices;
}
