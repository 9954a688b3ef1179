// Hashing on another thread: the block stays where it is, in memory that both threads see.
import type { DigestAlgorithm, Digests } from "../digest.ts";
import type { BlockHasher } from "./block-hasher.ts";
import type { HashingThread } from "./hashing-thread.ts";
import type { HashingAnswer } from "./serve-hashing.ts";

export class OtherThreadHasher implements BlockHasher {
  readonly #thread: HashingThread;
  readonly #hasher: number;
  readonly #onDrop: () => void;
  #last: Buffer | undefined;
  #isDropped = false;

  /** @param hasher a number that no other hasher of this thread has */
  constructor(
    thread: HashingThread,
    hasher: number,
    algorithms: readonly DigestAlgorithm[],
    onDrop: () => void,
  ) {
    this.#thread = thread;
    this.#hasher = hasher;
    this.#onDrop = onDrop;
    // Should the thread be gone already, what is asked next fails and tells.
    thread.ask({ kind: "start", hasher, algorithms }).catch(() => undefined);
  }

  get isLost(): boolean {
    return this.#thread.isOver;
  }

  async update(block: Buffer): Promise<void> {
    this.#last = block;
    await this.#thread.ask({ kind: "update", hasher: this.#hasher, block });
  }

  async shorten(bytes: number): Promise<void> {
    if (!this.#last) return;
    const block = this.#last.subarray(0, bytes);
    this.#last = undefined;
    await this.#thread.ask({ kind: "shorten", hasher: this.#hasher, block });
  }

  async digests(): Promise<Digests> {
    return named(await this.#thread.ask({ kind: "digests", hasher: this.#hasher }));
  }

  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#thread.ask({ kind: "drop", hasher: this.#hasher }).catch(() => undefined);
    this.#onDrop();
  }
}

function named(answer: HashingAnswer): Digests {
  const entries = Object.entries(answer).map(([algorithm, hex]) => [algorithm, `${algorithm}:${hex}`]);
  return Object.fromEntries(entries) as Digests;
}
