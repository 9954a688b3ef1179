// One upload to a bucket. The session holds nothing between calls but what `state` carries, and the last part of a
// closing append until the commit that follows it.
import type { Readable } from "node:stream";
import { Digester, type Digest, type Digests } from "../../../digest.ts";
import { isStorageError, StorageError } from "../../../storage-error.ts";
import { extentOf, sliceChunks } from "../../byte-range.ts";
import { BytesBody } from "../../bytes-body.ts";
import { CheckpointClock } from "../../checkpoint-clock.ts";
import { SourceReader } from "../../source-reader.ts";
import type { BlobBody, ByteRange } from "../../stored-object.ts";
import type { AppendOptions, CommittedObject, UploadSession } from "../../upload-session.ts";
import { PartReception, type ClosingPart } from "./part-reception.ts";
import { openS3Body } from "../s3-body.ts";
import { tailKey } from "../s3-layout.ts";
import { publish } from "./s3-publisher.ts";
import { formatUploadState, partCount, partsEnd, type S3UploadState } from "./s3-upload-state.ts";
import { contentOf, discard, erase, startPart, type UploadSurroundings } from "./upload-parts.ts";

export class S3UploadSession implements UploadSession {
  readonly #around: UploadSurroundings;
  #upload: S3UploadState;
  #closing: ClosingPart | undefined;

  constructor(around: UploadSurroundings, upload: S3UploadState) {
    this.#around = around;
    this.#upload = upload;
  }

  get state(): string {
    return formatUploadState(this.#upload);
  }

  get offset(): number {
    return this.#upload.offset;
  }

  get digests(): Digests {
    return this.#upload.digests;
  }

  async append(source: Readable, at: number, options: AppendOptions = {}): Promise<void> {
    const { live, known } = this.#around;
    const { id } = this.#upload;
    const work = async (stop: AbortSignal): Promise<void> => {
      this.#refuseOver();
      if (at !== this.offset)
        throw new StorageError("offset", `the upload is at ${this.offset}, not at ${at}`);
      await this.#dropClosing();
      known.written(id);
      const reader = new SourceReader(source, stop, options.promisedBytes);
      try {
        await this.#receive(reader, options);
        if (reader.failure) throw reader.failure;
      } finally {
        reader.release();
        known.written(id);
        // Whoever aborts knows only what its row says.
        if (isStorageError(stop.reason, "gone")) await discard(this.#around, this.#upload);
      }
    };
    await live.exclusively(id, work, options.signal);
  }

  async read(range?: ByteRange): Promise<BlobBody> {
    this.#refuseOver();
    const { id, tail, offset } = this.#upload;
    const { start, end } = extentOf(offset, range);
    const before = partsEnd(this.#upload);
    if (start === end) return new BytesBody([], offset);
    if (!tail || start < before)
      throw new StorageError(
        "unsuitable",
        "parts of a multipart upload cannot be read before it is complete",
      );
    const extent = { start: start - before, end: end - before };
    if (tail.kind === "inline") return new BytesBody(sliceChunks([contentOf(tail)], extent), offset);
    const body = await openS3Body(this.#around.bucket, tailKey(id, tail.slot), { extent, size: offset });
    if (!body) throw new StorageError("gone", "the upload is over");
    return body;
  }

  async commit(digest: Digest): Promise<CommittedObject> {
    const { live, known } = this.#around;
    const { id } = this.#upload;
    return await live.exclusively(id, async () => {
      this.#refuseOver();
      const [state, closing] = [this.#upload, this.#closing];
      try {
        const committed = await publish(this.#around, { state, closing, digest });
        known.end(id);
        return committed;
      } catch (error) {
        // The bucket does not answer: what is in it stays, and a later commit may do.
        if (isStorageError(error, "busy")) throw error;
        known.end(id);
        // What can't be removed now goes with the stale uploads; why the commit failed is the thing to tell.
        const remove = isStorageError(error, "gone") ? discard : erase;
        await remove(this.#around, state).catch(() => undefined);
        throw error;
      } finally {
        live.takeHash(id, state.offset);
        await this.#dropClosing();
      }
    });
  }

  async abort(): Promise<void> {
    const { live, known } = this.#around;
    const { id } = this.#upload;
    await live.takeOver(id, async () => {
      await this.#dropClosing();
      live.takeHash(id, this.offset);
      if (known.isOver(id)) return;
      known.end(id);
      await erase(this.#around, this.#upload);
    });
  }

  async #receive(reader: SourceReader, options: AppendOptions): Promise<void> {
    const { live } = this.#around;
    const before = this.#upload;
    const { promisedBytes } = options;
    const knownBytes = promisedBytes === undefined ? undefined : before.offset + promisedBytes;
    const digester = live.takeHash(before.id, before.offset) ?? (await this.#hash());
    const reception = new PartReception(this.#around, { state: before, digester, knownBytes });
    const ring = (): void => {
      reader.wake();
      reception.wake();
    };
    let recorded = before;
    const clock = new CheckpointClock(
      checkpointed(options, () => (this.#upload = reception.state)),
      ring,
      () => {
        recorded = this.#upload;
      },
    );
    try {
      this.#closing = await reception.receive(reader, clock, options.closing ?? false);
      this.#upload = reception.state;
      if (isStorageError(reader.failure, "length")) this.#upload = backAt(before, reception.state);
    } catch (error) {
      this.#upload = isStorageError(error, "full") ? backAt(recorded, reception.state) : reception.state;
      throw error;
    } finally {
      clock.stop();
      if (reception.digester && !this.#closing)
        live.keepHash(before.id, reception.state.offset, reception.digester);
    }
  }

  /** Of the bytes so far: where all of them can still be read; elsewhere nobody knows before the object is complete. */
  async #hash(): Promise<Digester | undefined> {
    if (partCount(this.#upload) > 0) return undefined;
    const digester = new Digester(this.#upload.algorithms);
    const part = await startPart(this.#around, this.#upload);
    try {
      for await (const chunk of part.chunks()) digester.update(chunk);
      return digester;
    } finally {
      await part.close();
    }
  }

  #refuseOver(): void {
    if (this.#around.known.isOver(this.#upload.id)) throw new StorageError("gone", "the upload is over");
  }

  async #dropClosing(): Promise<void> {
    const closing = this.#closing;
    this.#closing = undefined;
    await closing?.part.close();
  }
}

/** `options` with a checkpoint that first makes the session tell where it stands. */
function checkpointed(options: AppendOptions, stand: () => void): AppendOptions {
  const { checkpoint } = options;
  if (!checkpoint) return options;
  return {
    ...options,
    checkpoint: async () => {
      stand();
      await checkpoint();
    },
  };
}

/** `earlier` again, which knows the multipart upload that `later` began. */
function backAt(earlier: S3UploadState, later: S3UploadState): S3UploadState {
  return { ...earlier, multipart: earlier.multipart ?? later.multipart, tailed: later.tailed };
}
