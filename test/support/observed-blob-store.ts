// A blob store around another one, whose moments a test can wait for, and whose disk a test can fill or break.
import { Readable } from "node:stream";
import type { BlobStore, UploadOptions } from "../../storage/blobs/blob-store.ts";
import type { Quarantining } from "../../storage/blobs/quarantine-name.ts";
import type {
  BlobBody,
  ByteRange,
  Locator,
  QuarantinedObject,
  StoredObject,
} from "../../storage/blobs/stored-object.ts";
import type { AppendOptions, CommittedObject, UploadSession } from "../../storage/blobs/upload-session.ts";
import type { Digest, Digests } from "../../storage/digest.ts";
import { StorageError } from "../../storage/storage-error.ts";

export interface Disk {
  /** Bytes that still fit; undefined is without limit. */
  roomBytes?: number | undefined;
  /** Thrown by the next commits while set. */
  commitFailure?: Error | undefined;
  /** Thrown by `stat` while set. */
  statFailure?: Error | undefined;
  /** Told of every upload that begins. */
  onStart?: ((options: UploadOptions) => void) | undefined;
  /** Awaited whenever a request has taken up a session, before it writes. */
  onResume?: (() => Promise<void> | void) | undefined;
  /** Awaited before objects are deleted. */
  onDelete?: ((locators: readonly Locator[]) => Promise<void> | void) | undefined;
}

export class ObservedBlobStore implements BlobStore {
  readonly persistent: boolean;
  readonly remote: boolean;
  readonly #inner: BlobStore;
  readonly #disk: Disk;

  constructor(inner: BlobStore, disk: Disk) {
    this.persistent = inner.persistent;
    this.remote = inner.remote;
    this.#inner = inner;
    this.#disk = disk;
  }

  async stat(locator: Locator): Promise<{ readonly size: number } | undefined> {
    if (this.#disk.statFailure) throw this.#disk.statFailure;
    return await this.#inner.stat(locator);
  }

  read(locator: Locator, range?: ByteRange): Promise<BlobBody | undefined> {
    return this.#inner.read(locator, range);
  }

  async startUpload(options: UploadOptions): Promise<UploadSession> {
    this.#disk.onStart?.(options);
    return new ObservedSession(await this.#inner.startUpload(options), this.#disk);
  }

  async resumeUpload(state: string): Promise<UploadSession | undefined> {
    await this.#disk.onResume?.();
    const session = await this.#inner.resumeUpload(state);
    return session && new ObservedSession(session, this.#disk);
  }

  async copyUpload(state: string): Promise<UploadSession | undefined> {
    const session = await this.#inner.copyUpload(state);
    return session && new ObservedSession(session, this.#disk);
  }

  async delete(locators: readonly Locator[]): Promise<void> {
    await this.#disk.onDelete?.(locators);
    await this.#inner.delete(locators);
  }

  list(signal: AbortSignal): AsyncIterable<StoredObject> {
    return this.#inner.list(signal);
  }

  quarantine(locator: Locator, what: Quarantining): Promise<string | undefined> {
    return this.#inner.quarantine(locator, what);
  }

  listQuarantine(signal: AbortSignal): AsyncIterable<QuarantinedObject> {
    return this.#inner.listQuarantine(signal);
  }

  removeStaleUploads(before: Date, signal: AbortSignal): Promise<number> {
    return this.#inner.removeStaleUploads(before, signal);
  }

  ping(): Promise<void> {
    return this.#inner.ping();
  }
}

class ObservedSession implements UploadSession {
  readonly #inner: UploadSession;
  readonly #disk: Disk;

  constructor(inner: UploadSession, disk: Disk) {
    this.#inner = inner;
    this.#disk = disk;
  }

  get state(): string {
    return this.#inner.state;
  }

  get offset(): number {
    return this.#inner.offset;
  }

  get digests(): Digests {
    return this.#inner.digests;
  }

  async append(source: Readable, at: number, options?: AppendOptions): Promise<void> {
    if (this.#disk.roomBytes === undefined) return this.#inner.append(source, at, options);
    const fits = Readable.from(this.#untilFull(source), { objectMode: false });
    await this.#inner.append(fits, at, { ...options, promisedBytes: undefined });
    if (this.#disk.roomBytes === 0) throw new StorageError("full", "no room is left");
  }

  async *#untilFull(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const room = this.#disk.roomBytes ?? Infinity;
      this.#disk.roomBytes = Math.max(0, room - chunk.length);
      yield chunk.subarray(0, room);
      if (chunk.length > room) return;
    }
  }

  read(range?: ByteRange): Promise<BlobBody> {
    return this.#inner.read(range);
  }

  commit(digest: Digest): Promise<CommittedObject> {
    return this.#disk.commitFailure ? Promise.reject(this.#disk.commitFailure) : this.#inner.commit(digest);
  }

  abort(): Promise<void> {
    return this.#inner.abort();
  }
}
