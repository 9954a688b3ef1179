// A BlobBody of bytes that are in memory already: everything of the memory store, small objects of the others.
import { Readable, type Writable } from "node:stream";
import type { BlobBody } from "./stored-object.ts";
import { Outlet } from "./outlet.ts";

export class BytesBody implements BlobBody {
  readonly size: number;
  readonly #chunks: readonly Buffer[];
  readonly #release: (() => void) | undefined;

  /**
   * @param chunks the bytes of the range asked for
   * @param size that of the whole object
   * @param release told once, when the chunks may be used for something else
   */
  constructor(chunks: readonly Buffer[], size: number, release?: () => void) {
    this.#chunks = chunks;
    this.size = size;
    this.#release = release;
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
    this.#release?.();
  }

  async close(): Promise<void> {
    this.#release?.();
  }
}
