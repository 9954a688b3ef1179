// A range of an open file as a BlobBody: reusable buffers, one being filled while the other is written, which is the
// fastest way that Node offers (createReadStream reaches half of it). The handle is closed on every path.
import type { FileHandle } from "node:fs/promises";
import { Readable, Transform, type Writable } from "node:stream";
import type { BlobBody } from "../stored-object.ts";
import type { Extent } from "../byte-range.ts";
import { Outlet } from "../outlet.ts";
import { passOn } from "./pass-on.ts";
import type { TransferBuffers } from "./transfer-buffers.ts";

const streamBlockBytes = 256 * 1024;

export class FileBody implements BlobBody {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #extent: Extent;
  readonly #buffers: TransferBuffers;

  /** Takes over `file`. `size` is that of the whole object, `extent` the part that was asked for. */
  constructor(file: FileHandle, size: number, extent: Extent, buffers: TransferBuffers) {
    this.#file = file;
    this.size = size;
    this.#extent = extent;
    this.#buffers = buffers;
  }

  stream(): Readable {
    const file = this.#file;
    let { start } = this.#extent;
    const { end } = this.#extent;
    const next = async (): Promise<Buffer | null> => {
      if (start === end) return null;
      const bytes = await fill(file, Buffer.allocUnsafe(Math.min(streamBlockBytes, end - start)), start);
      start += bytes.length;
      return bytes;
    };
    return new Readable({
      highWaterMark: streamBlockBytes,
      read() {
        next().then(
          (bytes) => this.push(bytes),
          (error: unknown) => this.destroy(error as Error),
        );
      },
      destroy(error, callback) {
        file.close().then(
          () => callback(error),
          (failure: unknown) => callback(error ?? (failure as Error)),
        );
      },
    });
  }

  async writeTo(destination: Writable, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(destination, signal);
    try {
      // A transform may pass on the very buffer it was given, long after its callback.
      if (destination instanceof Transform) await this.#writeCopies(outlet);
      else await this.#writeReused(outlet);
    } finally {
      outlet.release();
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #writeReused(outlet: Outlet): Promise<void> {
    const { start, end } = this.#extent;
    if (start === end) return;
    let position = start;
    const next = async (block: Buffer): Promise<Buffer> => {
      const filled = await fill(this.#file, block.subarray(0, end - position), position);
      position += filled.length;
      return filled;
    };
    await this.#buffers.lendBlocks((blocks) => passOn(next, blocks, outlet));
  }

  async #writeCopies(outlet: Outlet): Promise<void> {
    for await (const chunk of this.stream()) await outlet.write(chunk as Buffer);
  }
}

/**
 * Fills `buffer` from `position` on.
 * @throws Error when the file ends before: it was cut after it was opened, and a clean end would be a lie.
 */
export async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0)
      throw new Error(`a stored file ends at ${position + filled}, before its recorded end`);
    filled += bytesRead;
  }
  return buffer;
}
