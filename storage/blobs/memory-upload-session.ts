// An upload of the memory store. All of its state lives in the store's map; a session is a view of it, so that a
// resumed session and the one it was resumed from agree.
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
  readonly chunks: Buffer[];
  digester: Digester;
  size: number;
  writtenAt: number;
  /** Present while an append goes on. */
  stop?: AbortController | undefined;
}

export class MemoryUploadSession implements UploadSession {
  readonly state: string;
  readonly #uploads: Map<string, MemoryUpload>;
  readonly #publish: (digest: Digest, upload: MemoryUpload) => Locator;

  constructor(
    id: string,
    uploads: Map<string, MemoryUpload>,
    publish: (digest: Digest, upload: MemoryUpload) => Locator,
  ) {
    this.state = id;
    this.#uploads = uploads;
    this.#publish = publish;
  }

  get offset(): number {
    return this.#uploads.get(this.state)?.size ?? 0;
  }

  get digests(): Digests {
    return this.#uploads.get(this.state)?.digester.digests() ?? {};
  }

  async append(source: Readable, at: number, options: AppendOptions = {}): Promise<void> {
    const upload = this.#idleUpload();
    if (at !== upload.size) throw new StorageError("offset", `the upload is at ${upload.size}, not at ${at}`);
    upload.stop = new AbortController();
    const signal = AbortSignal.any([upload.stop.signal, ...(options.signal ? [options.signal] : [])]);
    const before = { chunks: upload.chunks.length, digester: upload.digester.copy(), size: upload.size };
    const reader = new SourceReader(source, signal, options.promisedBytes);
    const clock = new CheckpointClock(options, reader.wake);
    try {
      for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
        if (chunk.length > 0) receive(upload, chunk);
        if (clock.due) await clock.checkpoint();
      }
      if (reader.failure) throw reader.failure;
    } catch (error) {
      if (isStorageError(error, "length")) {
        upload.chunks.length = before.chunks;
        upload.digester = before.digester;
        upload.size = before.size;
      }
      throw error;
    } finally {
      clock.stop();
      reader.release();
      upload.stop = undefined;
    }
  }

  async read(range?: ByteRange): Promise<BlobBody> {
    const { chunks, size } = this.#upload();
    return new BytesBody(sliceChunks(chunks, extentOf(size, range)), size);
  }

  async commit(digest: Digest): Promise<CommittedObject> {
    const upload = this.#idleUpload();
    this.#uploads.delete(this.state);
    if (digestOfUpload(upload, digest) !== digest)
      throw new StorageError("digest", `the content is not ${digest}`);
    return { locator: this.#publish(digest, upload), size: upload.size };
  }

  async abort(): Promise<void> {
    this.#uploads.get(this.state)?.stop?.abort();
    this.#uploads.delete(this.state);
  }

  #upload(): MemoryUpload {
    const upload = this.#uploads.get(this.state);
    if (!upload) throw new StorageError("gone", "the upload is over");
    return upload;
  }

  #idleUpload(): MemoryUpload {
    const upload = this.#upload();
    if (upload.stop) throw new StorageError("busy", "another append to this upload is under way");
    return upload;
  }
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
