// The seam between the registry and wherever bytes are kept. The metadata store decides what exists; this only holds
// bytes, each commit under a locator of its own. test/contracts/blob-store.ts holds every implementation to this page.
import type { Digest, DigestAlgorithm } from "../digest.ts";
import type { Quarantining } from "./quarantine-name.ts";
import type { BlobBody, ByteRange, Locator, QuarantinedObject, StoredObject } from "./stored-object.ts";
import type { CommittedObject, UploadSession } from "./upload-session.ts";

export interface UploadOptions {
  /** Algorithms hashed while the bytes arrive; sha256 is always among them. */
  readonly algorithms: readonly DigestAlgorithm[];
  /**
   * All of it comes in one closing append, or is empty; nobody resumes or copies the upload. Then nothing has to be
   * there before the bytes.
   */
  readonly whole?: boolean;
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

  /**
   * Whether every question costs a request over a network. Then what rows say about a blob is told without asking the
   * store (design §3): whoever reads the bytes finds damage.
   */
  readonly remote: boolean;

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

  /**
   * A new upload that begins with the bytes that `state` describes, or undefined when they are gone. For taking over
   * from a writer that may be alive and not know that its time is over: whatever it writes, cuts or commits from now
   * on, nothing of it reaches the copy. The upload it was made of stays, until somebody aborts it, or is over.
   * @throws StorageError `full`
   */
  copyUpload(state: string): Promise<UploadSession | undefined>;

  /**
   * Moves a file of this machine into the store as an object, at a cost that does not depend on its size; absent where
   * objects are not files. The caller has made its content durable, and knows that it has `digest`: nothing is read.
   * After a failure the file may still be where it was.
   * @throws StorageError `gone` when there is no such file, `full`
   */
  adopt?(file: string, digest: Digest): Promise<CommittedObject>;

  delete(locators: readonly Locator[]): Promise<void>;

  /** Every committed object, in no particular order. */
  list(signal: AbortSignal): AsyncIterable<StoredObject>;

  /**
   * Takes a damaged object out of the store and keeps its bytes apart, for a person to look at: nothing here reads,
   * lists or deletes them again. Where they are then, in words for that person; undefined when the object is absent.
   * Whoever has it open reads on, or fails. A crash leaves it in the store or apart, or in both.
   */
  quarantine(locator: Locator, what: Quarantining): Promise<string | undefined>;

  /** Everything that is kept apart, in no particular order. */
  listQuarantine(signal: AbortSignal): AsyncIterable<QuarantinedObject>;

  /**
   * Removes uploads that nobody wrote to since `before`, whether a row knows them or not: what a crash between the
   * bytes and the row left behind. `before` must lie further back than any session may live. Returns how many went.
   */
  removeStaleUploads(before: Date, signal: AbortSignal): Promise<number>;

  /**
   * A URL by which a client may fetch the whole object for so long, wherever the store has one to offer. It is not
   * looked up whether the object is there.
   */
  redirectUrl?(locator: Locator, expirySeconds: number): Promise<string>;

  /**
   * Where the object lies as a file below the folder of all objects, for a web server on this machine to send; absent
   * where objects are not files. Never out of that folder, and nothing in it needs to be escaped in a URL. It is not looked
   * up whether the object is there; undefined when this store never made such a locator.
   */
  fileOf?(locator: Locator): string | undefined;

  /** Rejects when the store cannot be used now: an absent store is not one with absent objects. */
  ping(): Promise<void>;

  /** Ends what the store holds open; absent where it holds nothing. */
  close?(): Promise<void>;
}
