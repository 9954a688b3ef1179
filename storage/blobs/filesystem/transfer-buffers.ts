// Pairs of large buffers for moving bytes between files and streams: while one is written the other is filled. Few
// transfers get large buffers, many get small ones, so that all of them together stay below some 64 MiB.
const kibibyte = 1024;

export type BufferPair = readonly [Buffer, Buffer];

export class TransferBuffers {
  #active = 0;
  #idleBytes = 0;
  readonly #idle = new Map<number, BufferPair[]>();
  readonly #maxIdleBytes = 16 * kibibyte * kibibyte;

  /**
   * Lends a pair to `use`. It is used again only after success: after a failure a socket or a read may still hold it.
   */
  async lend<T>(use: (pair: BufferPair) => Promise<T>): Promise<T> {
    this.#active += 1;
    try {
      const pair = this.#take(bytesFor(this.#active));
      const result = await use(pair);
      this.#giveBack(pair);
      return result;
    } finally {
      this.#active -= 1;
    }
  }

  #take(bytes: number): BufferPair {
    const pair = this.#idle.get(bytes)?.pop();
    if (!pair) return [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)];
    this.#idleBytes -= 2 * bytes;
    return pair;
  }

  #giveBack(pair: BufferPair): void {
    const bytes = pair[0].length;
    if (this.#idleBytes + 2 * bytes > this.#maxIdleBytes) return;
    this.#idleBytes += 2 * bytes;
    const pairs = this.#idle.get(bytes);
    if (pairs) pairs.push(pair);
    else this.#idle.set(bytes, [pair]);
  }
}

function bytesFor(active: number): number {
  if (active <= 4) return 1024 * kibibyte;
  if (active <= 16) return 512 * kibibyte;
  if (active <= 96) return 256 * kibibyte;
  return 64 * kibibyte;
}
