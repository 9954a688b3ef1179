// Opens a range of a file for reading. Small ranges are read here and now, so that most bodies hold no handle at all.
import type { FileHandle } from "node:fs/promises";
import type { BlobBody, ByteRange } from "../stored-object.ts";
import { extentOf } from "../byte-range.ts";
import { BytesBody } from "../bytes-body.ts";
import { FileBody, fill } from "./file-body.ts";
import type { TransferBuffers } from "./transfer-buffers.ts";
import { smallBytes } from "./warm-files.ts";

/** Takes over `file`, whose first `size` bytes count. @throws RangeError when `range` does not lie within them. */
export async function openBody(
  file: FileHandle,
  size: number,
  range: ByteRange | undefined,
  buffers: TransferBuffers,
): Promise<BlobBody> {
  try {
    const extent = extentOf(size, range);
    const length = extent.end - extent.start;
    if (length > smallBytes) return new FileBody(file, size, extent, buffers);
    const bytes = await fill(file, Buffer.allocUnsafeSlow(length), extent.start);
    await file.close();
    return new BytesBody([bytes], size);
  } catch (error) {
    await file.close();
    throw error;
  }
}
