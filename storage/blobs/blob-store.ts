// The seam between the registry and wherever bytes are kept. The metadata store decides what exists; this only holds
// bytes, each commit under a locator of its own. test/contracts/blob-store.ts holds every implementation to this page.
import type { Readable, Writable } from "node:stream";
import type { DigestAlgorithm } from "../digest.ts";
import type { UploadSession } from "./upload-session.ts";

/** Where one commit's bytes lie. Unique for each commit and never reused. */
export type Locator = string & { readonly brand: unique symbol };

/** Bytes `start` up to and including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * An open object, or a range of it. Whoever opened it calls exactly one of `stream` and `writeTo`, or `close`.
 * An object that turns out shorter than `size` ends in an error, never in a short clean end.
 */
export interface BlobBody {
  /** Size in bytes of the whole object, whatever range was asked for. */
  readonly size: number;
  stream(): Readable;
  /**
   * The backend's fastest way out: resolves when all bytes were handed to `destination`, which is not ended.
   * Buffers are reused: `destination` must be done with a chunk when it calls back, as sockets, responses and files are.
   */
  writeTo(destination: Writable, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** An object as the store's own listing shows it, for finding what no row knows. */
export interface StoredObject {
  readonly locator: Locator;
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface UploadOptions {
  /** Algorithms hashed while the bytes arrive; sha256 is always among them. */
  readonly algorithms: readonly DigestAlgorithm[];
}

/**
 * Immutable objects.
 * - An object is absent or complete, never partial.
 * - Two commits of one digest both succeed, each with its own locator.
 * - Deleting an absent object succeeds.
 * - Nothing is listed before it is readable.
 * - No temp file, open handle or unfinished transfer is left behind by any path.
 */
export interface BlobStore {
  /** Whether upload sessions and objects survive a restart of the process. */
  readonly persistent: boolean;

  /** The object's size in bytes as the store sees it now, or undefined when absent. */
  stat(locator: Locator): Promise<{ readonly size: number } | undefined>;

  /** Opens an object, or undefined when absent. `range` must lie within the object. */
  read(locator: Locator, range?: ByteRange): Promise<BlobBody | undefined>;

  startUpload(options: UploadOptions): Promise<UploadSession>;

  /**
   * The session that `state` describes, or undefined when its bytes are gone. Asking changes nothing; bytes beyond the
   * state's offset are dropped by the next append or commit.
   */
  resumeUpload(state: string): Promise<UploadSession | undefined>;

  delete(locators: readonly Locator[]): Promise<void>;

  /** Every committed object, in no particular order. */
  list(signal: AbortSignal): AsyncIterable<StoredObject>;

  /**
   * Removes uploads that nobody wrote to since `before`, whether a row knows them or not: what a crash between the
   * bytes and the row left behind. `before` must lie further back than any session may live. Returns how many went.
   */
  removeStaleUploads(before: Date, signal: AbortSignal): Promise<number>;
}
