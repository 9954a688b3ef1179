// Hashing block by block, wherever it is done: what whoever writes an upload needs to know of it.
import type { Digests } from "../digest.ts";

export interface BlockHasher {
  /** Whether its state is gone, with the thread that had it: all else rejects from then on. */
  readonly isLost: boolean;

  /** Begins at once; the block must stay as it is until this resolves, and the next one must not come before. */
  update(block: Buffer): Promise<void>;

  /** As if the last block had ended after `bytes` bytes; it must still be what it was. */
  shorten(bytes: number): Promise<void>;

  /** Of all bytes so far, without ending. */
  digests(): Promise<Digests>;

  /** Nobody will use it any more. */
  drop(): void;
}
