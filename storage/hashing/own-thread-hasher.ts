// Hashing on the thread that asks: for what is small, and where there is but one core.
import { Digester, type DigestAlgorithm, type Digests } from "../digest.ts";
import type { BlockHasher } from "./block-hasher.ts";

export class OwnThreadHasher implements BlockHasher {
  readonly isLost = false;
  #digester: Digester;
  #last: { readonly block: Buffer; readonly before: Digester } | undefined;

  constructor(algorithms: readonly DigestAlgorithm[]) {
    this.#digester = new Digester(algorithms);
  }

  async update(block: Buffer): Promise<void> {
    this.#last = { block, before: this.#digester.copy() };
    this.#digester.update(block);
  }

  async shorten(bytes: number): Promise<void> {
    if (!this.#last) return;
    const { block, before } = this.#last;
    before.update(block.subarray(0, bytes));
    this.#digester = before;
    this.#last = undefined;
  }

  async digests(): Promise<Digests> {
    return this.#digester.digests();
  }

  drop(): void {
    this.#last = undefined;
  }
}
