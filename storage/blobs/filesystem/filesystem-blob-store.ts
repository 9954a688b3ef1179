// The blob store in a directory; layout.ts has the drawing. What is durable, and when, is in publisher.ts and
// block-writer.ts.
import type { Stats } from "node:fs";
import path from "node:path";
import { digestAlgorithms, Digester, type Digest } from "../../digest.ts";
import { boundlessRoom, type Room } from "../../disk-room.ts";
import { StorageError } from "../../storage-error.ts";
import type { BlobStore, UploadOptions } from "../blob-store.ts";
import type { Quarantining } from "../quarantine-name.ts";
import type { BlobBody, ByteRange, Locator, QuarantinedObject, StoredObject } from "../stored-object.ts";
import type { BlockHasher } from "../../hashing/block-hasher.ts";
import { HashingThreads } from "../../hashing/hashing-threads.ts";
import { LiveUploads } from "../live-uploads.ts";
import { newUploadId, parseUploadId } from "../upload-id.ts";
import type { CommittedObject, UploadSession } from "../upload-session.ts";
import {
  fileOperations,
  hasCode,
  removeFile,
  withFullNamed,
  type FileOperations,
} from "./file-operations.ts";
import { copyPrefix } from "./copy-prefix.ts";
import { FilesystemUploadSession, type UploadSurroundings } from "./filesystem-upload-session.ts";
import { Layout, parseLocator } from "./layout.ts";
import { openBody } from "./open-body.ts";
import { Publisher } from "./publisher.ts";
import { Quarantine } from "./quarantine.ts";
import { StorePresence } from "./store-presence.ts";
import { TransferBuffers } from "./transfer-buffers.ts";
import { parseUploadState } from "./upload-state.ts";
import { WarmFiles } from "./warm-files.ts";

export class FilesystemBlobStore implements BlobStore {
  readonly persistent = true;
  readonly remote = false;
  readonly #layout: Layout;
  readonly #operations: FileOperations;
  readonly #live = new LiveUploads<BlockHasher>((hasher) => hasher.drop());
  readonly #hashing: HashingThreads;
  readonly #buffers = new TransferBuffers();
  readonly #presence: StorePresence;
  readonly #quarantine: Quarantine;
  /** Only where nobody stands between us and the system. */
  readonly #warm: WarmFiles | undefined;
  readonly #uploads: UploadSurroundings;

  /**
   * `directory` must have passed probeDirectory, which also lays out its folders.
   * @param room is asked before each block of an upload
   */
  constructor(
    directory: string,
    operations: FileOperations = fileOperations,
    room: Room = boundlessRoom,
    hashing = new HashingThreads(),
  ) {
    const layout = new Layout(directory);
    this.#layout = layout;
    this.#operations = operations;
    this.#hashing = hashing;
    this.#warm = operations === fileOperations ? new WarmFiles() : undefined;
    const presence = new StorePresence(operations, layout);
    this.#presence = presence;
    this.#quarantine = new Quarantine(operations, layout, presence);
    const publisher = new Publisher(operations, layout);
    this.#uploads = {
      operations,
      layout,
      presence,
      publisher,
      live: this.#live,
      hashing,
      buffers: this.#buffers,
      room,
    };
  }

  async stat(locator: Locator): Promise<{ readonly size: number } | undefined> {
    const file = this.#layout.object(locator);
    if (!file) return undefined;
    const stats = await this.#stat(file);
    return stats && { size: stats.size };
  }

  async read(locator: Locator, range?: ByteRange): Promise<BlobBody | undefined> {
    const file = this.#layout.object(locator);
    const warm = file && this.#warm?.read(file, range);
    if (warm) return warm;
    const handle = file && (await this.#presence.find(this.#operations.open(file, "r")));
    if (!handle) return undefined;
    try {
      const { size } = await handle.stat();
      const body = await openBody(handle, size, range, this.#buffers);
      if (body.inMemory) this.#warm?.note(file);
      return body;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  fileOf(locator: Locator): string | undefined {
    return parseLocator(locator);
  }

  async startUpload({ algorithms, whole = false }: UploadOptions): Promise<UploadSession> {
    const id = newUploadId();
    const digests = new Digester(new Set(["sha256", ...algorithms] as const)).digests();
    const upload = { id, offset: 0, digests };
    if (whole) return new FilesystemUploadSession(this.#uploads, upload, { isNew: true });
    try {
      const file = await this.#operations.open(this.#layout.upload(id), "wx");
      await file.close();
    } catch (error) {
      throw withFullNamed(error);
    }
    return new FilesystemUploadSession(this.#uploads, upload);
  }

  async resumeUpload(state: string): Promise<UploadSession | undefined> {
    const upload = parseUploadState(state);
    const stats = upload && (await this.#stat(this.#layout.upload(upload.id)));
    if (!upload || !stats || stats.size < upload.offset) return undefined;
    return new FilesystemUploadSession(this.#uploads, upload);
  }

  async copyUpload(state: string): Promise<UploadSession | undefined> {
    const upload = parseUploadState(state);
    if (!upload) return undefined;
    const copied = { ...upload, id: newUploadId() };
    const [original, file] = [this.#layout.upload(upload.id), this.#layout.upload(copied.id)];
    try {
      const whole = await copyPrefix(this.#operations, this.#presence, original, file, upload.offset);
      if (whole) return new FilesystemUploadSession(this.#uploads, copied);
    } catch (error) {
      await removeFile(this.#operations, file);
      throw withFullNamed(error);
    }
    await removeFile(this.#operations, file);
    return undefined;
  }

  async adopt(file: string, digest: Digest): Promise<CommittedObject> {
    // Below a volume that is away its folders would be made where it belongs.
    await this.#presence.check();
    const stats = await this.#stat(file);
    if (!stats) throw new StorageError("gone", "there is no such file to be moved into the store");
    try {
      const locator = await this.#uploads.publisher.publish(file, newUploadId(), digest);
      return { locator, size: stats.size };
    } catch (error) {
      throw withFullNamed(error);
    }
  }

  async delete(locators: readonly Locator[]): Promise<void> {
    for (const locator of locators) {
      const file = this.#layout.object(locator);
      if (file) await removeFile(this.#operations, file);
    }
    // What could not be found because all of it is away is not deleted.
    await this.ping();
  }

  async *list(signal: AbortSignal): AsyncIterable<StoredObject> {
    for (const algorithm of digestAlgorithms) {
      for await (const shard of this.#names(algorithm)) {
        for await (const name of this.#names(path.join(algorithm, shard))) {
          signal.throwIfAborted();
          const object = await this.#find(`${algorithm}/${shard}/${name}`);
          if (object) yield object;
        }
      }
    }
  }

  quarantine(locator: Locator, what: Quarantining): Promise<string | undefined> {
    return this.#quarantine.take(locator, what);
  }

  async *listQuarantine(signal: AbortSignal): AsyncIterable<QuarantinedObject> {
    for await (const name of this.#namesIn(this.#layout.quarantine)) {
      signal.throwIfAborted();
      const place = path.join(this.#layout.quarantine, name);
      const stats = await this.#stat(place);
      if (stats) yield { place, size: stats.size };
    }
  }

  async removeStaleUploads(before: Date, signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (const folder of [this.#layout.uploads, this.#layout.copying]) {
      for await (const name of this.#namesIn(folder)) {
        signal.throwIfAborted();
        const id = parseUploadId(name);
        const file = path.join(folder, name);
        const stats = id && !this.#live.isBusy(id) ? await this.#stat(file) : undefined;
        if (!stats || stats.mtime >= before) continue;
        await removeFile(this.#operations, file);
        removed += 1;
      }
    }
    return removed;
  }

  async ping(): Promise<void> {
    await this.#presence.check();
  }

  async close(): Promise<void> {
    await this.#hashing.close();
  }

  async #find(name: string): Promise<StoredObject | undefined> {
    const locator = parseLocator(name);
    const stats =
      locator && (await this.#stat(path.join(this.#layout.blobs, locator)).catch(unlessUnreadable));
    return locator && stats && { locator, size: stats.size, modifiedAt: stats.mtime };
  }

  #names(folder: string): AsyncIterable<string> {
    return this.#namesIn(path.join(this.#layout.blobs, folder));
  }

  async *#namesIn(folder: string): AsyncIterable<string> {
    const entries = await this.#presence.find(this.#operations.opendir(folder));
    if (entries) for await (const entry of entries) yield entry.name;
  }

  async #stat(file: string): Promise<Stats | undefined> {
    return await this.#presence.find(this.#operations.stat(file));
  }
}

/** A listing tells of all others when the disk does not give one back; who asks for that one is told why. */
function unlessUnreadable(error: unknown): undefined {
  if (!hasCode(error, "EIO")) throw error;
}
