// Bytes on their way in. Nothing of a session is visible until it is committed, and then all of it is.
// test/contracts/upload-session.ts holds every implementation to this page.
import type { Readable } from "node:stream";
import type { Digest, Digests } from "../digest.ts";
import type { BlobBody, ByteRange, Locator } from "./stored-object.ts";

export interface CommittedObject {
  readonly locator: Locator;
  readonly size: number;
}

/** Called while an append goes on, after the bytes up to `session.offset` became durable. */
export type Checkpoint = () => Promise<void>;

export interface AppendOptions {
  /** Ends the append as if the source had broken off: what arrived is kept. */
  readonly signal?: AbortSignal;
  /** What the source promised to be long; at another length nothing of it is kept. */
  readonly promisedBytes?: number | undefined;
  /** Called at least every `checkpointMilliseconds` of a long append; when it throws, the append ends with that error. */
  readonly checkpoint?: Checkpoint;
  /** After twice this time without a checkpoint nothing is written before one has succeeded. */
  readonly checkpointMilliseconds?: number;
  /**
   * The commit of this session follows at once: what arrives need not become durable before it, nor be counted in
   * `offset`, which goes on telling the durable truth. Whoever says so calls `commit` or `abort` next.
   */
  readonly closing?: boolean;
}

/**
 * - An append at a wrong offset changes nothing.
 * - After a broken append `offset` tells the durable truth.
 * - Sessions of a persistent store survive a restart, by `state`.
 * - Commit with a wrong digest keeps no object; commit costs the same for 1 KiB and 60 GiB.
 * - Abort is idempotent, and leaves nothing behind.
 */
export interface UploadSession {
  /**
   * All that `BlobStore.resumeUpload` needs, on any process: opaque, at most 64 KiB, true for the current offset.
   * It carries the digests so far, so that a close without further bytes reads nothing.
   */
  readonly state: string;

  /** Durable bytes so far. */
  readonly offset: number;

  /**
   * Appends `source`, whose first byte belongs at position `at`. Resolves when every byte is durable.
   * @throws StorageError `offset` when `at` is not `offset` (nothing changed), `interrupted` when the source broke
   *   off (what arrived before is durable and counted), `length` when it is not of `promisedBytes` (the session is
   *   back at `at`, whatever a checkpoint was told), `full` when there is no room (the session is back at the last
   *   checkpoint, or at `at`: the rest is given up, so that there is room to record that), `busy` while another append
   *   or commit of this upload goes on, `gone` when the session is over. The source is never destroyed, so that
   *   whoever owns it can still answer.
   */
  append(source: Readable, at: number, options?: AppendOptions): Promise<void>;

  /** The bytes so far, for readers that follow a growing session. `range` must lie below `offset`. */
  read(range?: ByteRange): Promise<BlobBody>;

  /** Digests of all bytes so far, for the algorithms that are being computed and need no reading. */
  readonly digests: Digests;

  /**
   * Publishes the content durably under a new locator. The session is over, whatever the outcome.
   * @throws StorageError `digest` when the content does not have `digest`, `full`, `gone`, and `busy` (which alone
   *   leaves the session as it was).
   */
  commit(digest: Digest): Promise<CommittedObject>;

  /** Ends an append that goes on, and removes what arrived. */
  abort(): Promise<void>;
}
