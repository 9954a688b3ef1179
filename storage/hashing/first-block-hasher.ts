// Puts the choice of a thread off until the first block is there: most uploads are small, and then a message to another
// thread and back takes longer than the hash. A running hash cannot move between threads, so what is chosen stays.
import type { Digests } from "../digest.ts";
import type { BlockHasher } from "./block-hasher.ts";

/** Below this, hashing takes less than some tenth of a millisecond to a millisecond. */
const largeBytes = 256 * 1024;

export class FirstBlockHasher implements BlockHasher {
  readonly #small: () => BlockHasher;
  readonly #large: () => BlockHasher;
  #chosen: BlockHasher | undefined;

  constructor(small: () => BlockHasher, large: () => BlockHasher) {
    this.#small = small;
    this.#large = large;
  }

  get isLost(): boolean {
    return this.#chosen?.isLost ?? false;
  }

  async update(block: Buffer): Promise<void> {
    this.#chosen ??= block.length < largeBytes ? this.#small() : this.#large();
    await this.#chosen.update(block);
  }

  async shorten(bytes: number): Promise<void> {
    await this.#chosen?.shorten(bytes);
  }

  async digests(): Promise<Digests> {
    this.#chosen ??= this.#small();
    return await this.#chosen.digests();
  }

  drop(): void {
    this.#chosen?.drop();
  }
}
