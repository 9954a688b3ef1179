// A BlobBody of bytes that are in memory already: everything of the memory store, small objects of the others.
import { Readable, type Writable } from "node:stream";
import type { BlobBody } from "./stored-object.ts";
import { Outlet } from "./outlet.ts";

export class BytesBody implements BlobBody {
  readonly size: number;
  readonly #chunks: readonly Buffer[];

  /** `chunks` are the bytes of the range asked for, `size` is that of the whole object. */
  constructor(chunks: readonly Buffer[], size: number) {
    this.#chunks = chunks;
    this.size = size;
  }

  get inMemory(): Buffer | undefined {
    return this.#chunks.length === 1 ? this.#chunks[0] : undefined;
  }

  stream(): Readable {
    return Readable.from(this.#chunks, { objectMode: false });
  }

  async writeTo(destination: Writable, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(destination, signal);
    try {
      for (const chunk of this.#chunks) await outlet.write(chunk);
    } finally {
      outlet.release();
    }
  }

  async close(): Promise<void> {
    // Nothing is held but memory.
  }
}
