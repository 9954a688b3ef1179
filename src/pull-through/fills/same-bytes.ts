// Whether two files agree, for readers that change from one to the other in the middle.
import type { FileHandle } from "node:fs/promises";
import type { Extent } from "../../../storage/blobs/byte-range.ts";
import { fill } from "../../../storage/blobs/filesystem/file-body.ts";

const blockBytes = 256 * 1024;

export async function haveSameBytes(one: FileHandle, other: FileHandle, extent: Extent): Promise<boolean> {
  const { start, end } = extent;
  const buffers = [Buffer.allocUnsafe(blockBytes), Buffer.allocUnsafe(blockBytes)] as const;
  for (let position = start; position < end; position += blockBytes) {
    const length = Math.min(blockBytes, end - position);
    const [left, right] = await Promise.all([
      fill(one, buffers[0].subarray(0, length), position),
      fill(other, buffers[1].subarray(0, length), position),
    ]);
    if (!left.equals(right)) return false;
  }
  return true;
}
