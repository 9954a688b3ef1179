// One reader of a blob that is on its way: its own position, its own pace, buffers of its own while it writes. It
// waits for the bytes it needs and for no others, and it ends in an error whenever the download does.
import { Readable, Transform, type Writable } from "node:stream";
import type { Extent } from "../../../storage/blobs/byte-range.ts";
import { fill } from "../../../storage/blobs/filesystem/file-body.ts";
import { passOn } from "../../../storage/blobs/filesystem/pass-on.ts";
import type { TransferBuffers } from "../../../storage/blobs/filesystem/transfer-buffers.ts";
import { Outlet } from "../../../storage/blobs/outlet.ts";
import type { BlobBody } from "../../../storage/blobs/stored-object.ts";
import type { Growth } from "./growth.ts";
import { haveSameBytes } from "./same-bytes.ts";

const streamBlockBytes = 256 * 1024;

export class FillBody implements BlobBody {
  readonly size: number;
  readonly #extent: Extent;
  readonly #buffers: TransferBuffers;
  readonly #onClose: () => void;
  readonly #gone = new AbortController();
  #growth: Growth;
  #position: number;
  #isClosed = false;

  /** `onClose` is called once, when nothing reads the growth's file any more on behalf of this body. */
  constructor(
    growth: Growth,
    { size, extent }: { readonly size: number; readonly extent: Extent },
    buffers: TransferBuffers,
    onClose: () => void,
  ) {
    this.#growth = growth;
    this.size = size;
    this.#extent = extent;
    this.#position = extent.start;
    this.#buffers = buffers;
    this.#onClose = onClose;
  }

  stream(): Readable {
    const next = async (): Promise<Buffer | null> => {
      const bytes = await this.#read((length) => Buffer.allocUnsafe(Math.min(streamBlockBytes, length)));
      return bytes.length === 0 ? null : bytes;
    };
    const leave = (): Promise<void> => this.close();
    return new Readable({
      highWaterMark: streamBlockBytes,
      read() {
        next().then(
          (bytes) => this.push(bytes),
          (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
        );
      },
      destroy(error, callback) {
        void leave().then(() => callback(error));
      },
    });
  }

  async writeTo(destination: Writable, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(destination, signal);
    const leave = (): void => this.#leave();
    destination.once("close", leave);
    signal.addEventListener("abort", leave);
    try {
      if (destination.destroyed || signal.aborted) leave();
      // A transform may pass on the very buffer it was given, long after its callback.
      if (destination instanceof Transform) await this.#writeCopies(outlet);
      else
        await this.#buffers.lendBlocks((blocks) => passOn((block) => this.#readInto(block), blocks, outlet));
    } finally {
      destination.off("close", leave);
      signal.removeEventListener("abort", leave);
      outlet.release();
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#leave();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
  }

  #leave(): void {
    this.#gone.abort(new Error("the reader left before the last byte"));
  }

  async #writeCopies(outlet: Outlet): Promise<void> {
    for await (const chunk of this.stream()) await outlet.write(chunk as Buffer);
  }

  #readInto(buffer: Buffer): Promise<Buffer> {
    return this.#read((length) => buffer.subarray(0, length));
  }

  /** What there is at the position, into a buffer of at most that length; empty at the end. */
  async #read(bufferFor: (length: number) => Buffer): Promise<Buffer> {
    const left = this.#extent.end - this.#position;
    if (left === 0) return Buffer.alloc(0);
    const readable = await this.#readable();
    const buffer = bufferFor(Math.min(left, readable - this.#position));
    await fill(this.#growth.file, buffer, this.#position);
    this.#position += buffer.length;
    return buffer;
  }

  /** How far the growth may be read, once that is beyond the position. */
  async #readable(): Promise<number> {
    for (;;) {
      const growth = this.#growth;
      const look = (): number | Growth | undefined => {
        if ((growth.size ?? this.size) !== this.size)
          throw new Error("the download began anew, and the blob has another size");
        return growth.successor ?? (growth.readable > this.#position ? growth.readable : undefined);
      };
      const seen = await growth.until(look, this.#gone.signal);
      if (typeof seen === "number") return seen;
      await this.#moveTo(seen);
    }
  }

  /** Goes on with another growth of the same blob, if what went out already is the same in that one. */
  async #moveTo(next: Growth): Promise<void> {
    const { start } = this.#extent;
    const end = this.#position;
    if (end > start) {
      const look = (): Growth | undefined => next.successor ?? (next.readable >= end ? next : undefined);
      const seen = await next.until(look, this.#gone.signal);
      if (seen !== next) return await this.#moveTo(seen);
      if (!(await haveSameBytes(this.#growth.file, next.file, { start, end })))
        throw new Error("the download began anew, and the blob is not what it was");
    }
    this.#growth = next;
  }
}
