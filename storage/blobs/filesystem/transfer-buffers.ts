// Pairs of large buffers for moving bytes between files and streams: while one is written the other is filled. Few
// transfers get large buffers, many get small ones, so that all of them together stay below some 64 MiB. Among many, a
// transfer on its way out has its pair as one block of twice the size: the others fill the machine while it is written,
// and what a transfer costs is the number of its blocks.
const kibibyte = 1024;

export type BufferPair = readonly [Buffer, Buffer];

/** More than this are many. */
const fewTransfers = 16;

export class TransferBuffers {
  #active = 0;
  #idleBytes = 0;
  readonly #idle = new Map<number, Buffer[]>();
  readonly #maxIdleBytes = 16 * kibibyte * kibibyte;

  /**
   * Lends a pair to `use`. It is used again only after success: after a failure a socket or a read may still hold it.
   */
  lend<T>(use: (pair: BufferPair) => Promise<T>): Promise<T> {
    return this.#lend((whole) => use(halvesOf(whole)));
  }

  /** Lends one block or two, to be filled in turn and written out; for the rest like `lend`. */
  lendBlocks<T>(use: (blocks: readonly [Buffer, Buffer?]) => Promise<T>): Promise<T> {
    return this.#lend((whole) => use(this.#active > fewTransfers ? [whole] : halvesOf(whole)));
  }

  async #lend<T>(use: (whole: Buffer) => Promise<T>): Promise<T> {
    this.#active += 1;
    try {
      const whole = this.#take(2 * bytesFor(this.#active));
      const result = await use(whole);
      this.#giveBack(whole);
      return result;
    } finally {
      this.#active -= 1;
    }
  }

  #take(bytes: number): Buffer {
    const whole = this.#idle.get(bytes)?.pop();
    // Shared, so that another thread can hash what is in it.
    if (!whole) return Buffer.from(new SharedArrayBuffer(bytes));
    this.#idleBytes -= bytes;
    return whole;
  }

  #giveBack(whole: Buffer): void {
    const bytes = whole.length;
    if (this.#idleBytes + bytes > this.#maxIdleBytes) return;
    this.#idleBytes += bytes;
    const idle = this.#idle.get(bytes);
    if (idle) idle.push(whole);
    else this.#idle.set(bytes, [whole]);
  }
}

function halvesOf(whole: Buffer): BufferPair {
  const middle = whole.length / 2;
  return [whole.subarray(0, middle), whole.subarray(middle)];
}

function bytesFor(active: number): number {
  if (active <= 4) return 1024 * kibibyte;
  if (active <= fewTransfers) return 512 * kibibyte;
  if (active <= 96) return 256 * kibibyte;
  return 64 * kibibyte;
}
