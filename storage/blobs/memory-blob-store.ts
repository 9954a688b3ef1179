// The reference implementation: every promise of the interfaces in the fewest lines, for tests and ephemeral serving.
import { randomUUID } from "node:crypto";
import { algorithmOf, Digester, hexOf, type Digest } from "../digest.ts";
import type { BlobStore, UploadOptions } from "./blob-store.ts";
import { quarantineName, type Quarantining } from "./quarantine-name.ts";
import type { BlobBody, ByteRange, Locator, QuarantinedObject, StoredObject } from "./stored-object.ts";
import { BytesBody } from "./bytes-body.ts";
import { copyOf, MemoryUploadSession, type MemoryUpload } from "./memory-upload-session.ts";
import { sliceChunks, extentOf } from "./byte-range.ts";
import type { UploadSession } from "./upload-session.ts";

interface MemoryObject {
  readonly chunks: readonly Buffer[];
  readonly size: number;
  readonly modifiedAt: Date;
}

export class MemoryBlobStore implements BlobStore {
  readonly persistent = false;
  readonly remote = false;
  readonly #objects = new Map<Locator, MemoryObject>();
  readonly #uploads = new Map<string, MemoryUpload>();
  readonly #quarantine = new Map<string, MemoryObject>();

  async stat(locator: Locator): Promise<{ readonly size: number } | undefined> {
    const object = this.#objects.get(locator);
    return object && { size: object.size };
  }

  async read(locator: Locator, range?: ByteRange): Promise<BlobBody | undefined> {
    const object = this.#objects.get(locator);
    if (!object) return undefined;
    return new BytesBody(sliceChunks(object.chunks, extentOf(object.size, range)), object.size);
  }

  async startUpload({ algorithms }: UploadOptions): Promise<UploadSession> {
    const digester = new Digester(new Set(["sha256", ...algorithms]));
    const upload: MemoryUpload = { id: randomUUID(), chunks: [], size: 0, digester, writtenAt: Date.now() };
    this.#uploads.set(upload.id, upload);
    return this.#session(upload.id, 0);
  }

  async resumeUpload(state: string): Promise<UploadSession | undefined> {
    const { upload, offset } = this.#find(state);
    return upload && this.#session(upload.id, offset);
  }

  async copyUpload(state: string): Promise<UploadSession | undefined> {
    const { upload, offset } = this.#find(state);
    if (!upload) return undefined;
    const copy = copyOf(upload, offset, randomUUID());
    this.#uploads.set(copy.id, copy);
    return this.#session(copy.id, offset);
  }

  async delete(locators: readonly Locator[]): Promise<void> {
    for (const locator of locators) this.#objects.delete(locator);
  }

  async *list(signal: AbortSignal): AsyncIterable<StoredObject> {
    for (const [locator, { size, modifiedAt }] of this.#objects) {
      signal.throwIfAborted();
      yield { locator, size, modifiedAt };
    }
  }

  async quarantine(locator: Locator, what: Quarantining): Promise<string | undefined> {
    const object = this.#objects.get(locator);
    if (!object) return undefined;
    const place = quarantineName(what, locator.slice(locator.lastIndexOf(".") + 1));
    this.#quarantine.set(place, object);
    this.#objects.delete(locator);
    return place;
  }

  async *listQuarantine(signal: AbortSignal): AsyncIterable<QuarantinedObject> {
    for (const [place, { size }] of this.#quarantine) {
      signal.throwIfAborted();
      yield { place, size };
    }
  }

  async removeStaleUploads(before: Date): Promise<number> {
    const stale = [...this.#uploads.values()].filter(({ writtenAt }) => writtenAt < before.getTime());
    for (const { id } of stale) this.#uploads.delete(id);
    return stale.length;
  }

  async ping(): Promise<void> {
    // Memory is always there.
  }

  /** A state is the upload's id and the offset. */
  #find(state: string): { upload: MemoryUpload | undefined; offset: number } {
    const [id = "", offset] = state.split(" ");
    return { upload: this.#uploads.get(id), offset: Number(offset) };
  }

  #session(id: string, offset: number): UploadSession {
    const publish = (digest: Digest, upload: MemoryUpload): Locator => this.#publish(digest, upload);
    return new MemoryUploadSession(id, offset, { uploads: this.#uploads, publish });
  }

  #publish(digest: Digest, { id, chunks, size }: MemoryUpload): Locator {
    const locator = `${algorithmOf(digest)}/${hexOf(digest)}.${id}` as Locator;
    this.#objects.set(locator, { chunks, size, modifiedAt: new Date() });
    return locator;
  }
}
