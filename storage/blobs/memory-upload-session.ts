// An upload of the memory store. The bytes live in the store's map; a session knows only how many of them count, so that
// a resumed session and the one it was resumed from agree.
import type { Readable } from "node:stream";
import { algorithmOf, Digester, type Digest, type Digests } from "../digest.ts";
import { isStorageError, StorageError } from "../storage-error.ts";
import type { BlobBody, ByteRange, Locator } from "./stored-object.ts";
import { extentOf, sliceChunks } from "./byte-range.ts";
import { BytesBody } from "./bytes-body.ts";
import { CheckpointClock } from "./checkpoint-clock.ts";
import { SourceReader } from "./source-reader.ts";
import type { AppendOptions, CommittedObject, UploadSession } from "./upload-session.ts";

export interface MemoryUpload {
  readonly id: string;
  chunks: Buffer[];
  digester: Digester;
  size: number;
  writtenAt: number;
  /** Present while an append goes on. */
  stop?: AbortController | undefined;
}

export interface MemoryUploads {
  readonly uploads: Map<string, MemoryUpload>;
  readonly publish: (digest: Digest, upload: MemoryUpload) => Locator;
}

export class MemoryUploadSession implements UploadSession {
  readonly #id: string;
  readonly #around: MemoryUploads;
  #offset: number;

  constructor(id: string, offset: number, around: MemoryUploads) {
    this.#id = id;
    this.#offset = offset;
    this.#around = around;
  }

  get state(): string {
    return `${this.#id} ${this.#offset}`;
  }

  get offset(): number {
    return this.#offset;
  }

  get digests(): Digests {
    const upload = this.#around.uploads.get(this.#id);
    return upload ? digesterOf(upload, this.#offset).digests() : {};
  }

  async append(source: Readable, at: number, options: AppendOptions = {}): Promise<void> {
    const upload = this.#idleUpload();
    const before = this.#offset;
    if (at !== before) throw new StorageError("offset", `the upload is at ${before}, not at ${at}`);
    cut(upload, before);
    upload.stop = new AbortController();
    const signal = AbortSignal.any([upload.stop.signal, ...(options.signal ? [options.signal] : [])]);
    const reader = new SourceReader(source, signal, options.promisedBytes);
    const clock = new CheckpointClock(options, reader.wake);
    try {
      for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
        if (chunk.length > 0) receive(upload, chunk);
        this.#offset = upload.size;
        if (clock.due) await clock.checkpoint();
      }
      if (reader.failure) throw reader.failure;
    } catch (error) {
      if (isStorageError(error, "length")) this.#offset = before;
      throw error;
    } finally {
      clock.stop();
      reader.release();
      upload.stop = undefined;
    }
  }

  async read(range?: ByteRange): Promise<BlobBody> {
    const { chunks } = this.#upload();
    return new BytesBody(sliceChunks(chunks, extentOf(this.#offset, range)), this.#offset);
  }

  async commit(digest: Digest): Promise<CommittedObject> {
    const upload = this.#idleUpload();
    this.#around.uploads.delete(this.#id);
    cut(upload, this.#offset);
    if (digestOfUpload(upload, digest) !== digest)
      throw new StorageError("digest", `the content is not ${digest}`);
    return { locator: this.#around.publish(digest, upload), size: upload.size };
  }

  async abort(): Promise<void> {
    this.#around.uploads.get(this.#id)?.stop?.abort();
    this.#around.uploads.delete(this.#id);
  }

  #upload(): MemoryUpload {
    const upload = this.#around.uploads.get(this.#id);
    if (!upload) throw new StorageError("gone", "the upload is over");
    return upload;
  }

  #idleUpload(): MemoryUpload {
    const upload = this.#upload();
    if (upload.stop) throw new StorageError("busy", "another append to this upload is under way");
    return upload;
  }
}

/** An upload of its own with the first `size` bytes of `upload`. */
export function copyOf(upload: MemoryUpload, size: number, id: string): MemoryUpload {
  const copy = { ...upload, id, digester: upload.digester.copy(), writtenAt: Date.now(), stop: undefined };
  cut(copy, size);
  return copy;
}

/** Drops what lies beyond `size`: it was never reported. */
function cut(upload: MemoryUpload, size: number): void {
  if (size > upload.size) throw new StorageError("gone", `of ${size} bytes only ${upload.size} are left`);
  upload.digester = digesterOf(upload, size);
  upload.chunks = sliceChunks(upload.chunks, { start: 0, end: size });
  upload.size = size;
}

function digesterOf({ chunks, digester, size }: MemoryUpload, wantedSize: number): Digester {
  if (size === wantedSize) return digester;
  const shorter = new Digester(digester.algorithms);
  for (const chunk of sliceChunks(chunks, { start: 0, end: wantedSize })) shorter.update(chunk);
  return shorter;
}

function receive(upload: MemoryUpload, chunk: Buffer): void {
  const copy = Buffer.from(chunk); // The source may recycle its buffer.
  upload.chunks.push(copy);
  upload.digester.update(copy);
  upload.size += copy.length;
  upload.writtenAt = Date.now();
}

function digestOfUpload({ digester, chunks }: MemoryUpload, wanted: Digest): Digest | undefined {
  const algorithm = algorithmOf(wanted);
  const computed = digester.digests()[algorithm];
  if (computed) return computed;
  const other = new Digester([algorithm]);
  for (const chunk of chunks) other.update(chunk);
  return other.digests()[algorithm];
}
