// One upload: a growing file. The session holds no handle between calls, and nothing but what `state` carries.
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { algorithmOf, Digester, type Digest, type DigestAlgorithm, type Digests } from "../../digest.ts";
import type { Room } from "../../disk-room.ts";
import { isStorageError, StorageError } from "../../storage-error.ts";
import type { BlobBody, ByteRange } from "../stored-object.ts";
import { CheckpointClock } from "../checkpoint-clock.ts";
import type { LiveUploads } from "../live-uploads.ts";
import { interrupted, SourceReader } from "../source-reader.ts";
import type { AppendOptions, CommittedObject, UploadSession } from "../upload-session.ts";
import { BlockWriter } from "./block-writer.ts";
import { removeFile, withFullNamed, type FileOperations } from "./file-operations.ts";
import { hashFile } from "./hash-file.ts";
import type { Layout } from "./layout.ts";
import { openBody } from "./open-body.ts";
import type { Publisher } from "./publisher.ts";
import { receive } from "./receive.ts";
import type { StorePresence } from "./store-presence.ts";
import type { TransferBuffers } from "./transfer-buffers.ts";
import { algorithmsOf, formatUploadState, type UploadState } from "./upload-state.ts";

/** What the sessions of one store share. */
export interface UploadSurroundings {
  readonly operations: FileOperations;
  readonly layout: Layout;
  readonly live: LiveUploads;
  readonly buffers: TransferBuffers;
  readonly presence: StorePresence;
  readonly publisher: Publisher;
  readonly room: Room;
}

export class FilesystemUploadSession implements UploadSession {
  readonly #around: UploadSurroundings;
  readonly #path: string;
  #upload: UploadState;

  constructor(around: UploadSurroundings, upload: UploadState) {
    this.#around = around;
    this.#path = around.layout.upload(upload.id);
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
    const work = async (stop: AbortSignal): Promise<void> => {
      if (at !== this.offset)
        throw new StorageError("offset", `the upload is at ${this.offset}, not at ${at}`);
      const before = this.#upload;
      const reader = new SourceReader(source, stop, options.promisedBytes);
      let recorded = before;
      const clock = new CheckpointClock(options, reader.wake, () => (recorded = this.#upload));
      try {
        await this.#withFile((file) => this.#receive(file, reader, clock, stop));
      } catch (error) {
        // What the file has too much is cut by the next append.
        if (isStorageError(error, "length")) this.#upload = before;
        const named = withFullNamed(error);
        if (isStorageError(named, "full")) await this.#giveUpSince(recorded);
        throw named;
      } finally {
        clock.stop();
        reader.release();
      }
    };
    await this.#around.live.exclusively(this.#upload.id, work, options.signal);
  }

  async read(range?: ByteRange): Promise<BlobBody> {
    const file = await this.#open("r");
    return await openBody(file, this.offset, range, this.#around.buffers);
  }

  async commit(digest: Digest): Promise<CommittedObject> {
    const { live, operations, publisher } = this.#around;
    const { id, offset: size } = this.#upload;
    return await live.exclusively(id, async () => {
      live.takeHash(id, size);
      try {
        await this.#withFile((file) => this.#seal(file, digest));
        return { locator: await publisher.publish(this.#path, id, digest), size };
      } catch (error) {
        await removeFile(operations, this.#path);
        throw withFullNamed(error);
      }
    });
  }

  async abort(): Promise<void> {
    const { live, operations } = this.#around;
    await live.takeOver(this.#upload.id, async () => {
      live.takeHash(this.#upload.id, this.offset);
      await removeFile(operations, this.#path);
    });
  }

  async #receive(
    file: FileHandle,
    reader: SourceReader,
    clock: CheckpointClock,
    stop: AbortSignal,
  ): Promise<void> {
    const { buffers, live, room } = this.#around;
    const { id } = this.#upload;
    await buffers.lend(async (pair) => {
      const betweenBlocks = async (): Promise<void> => {
        if (stop.aborted) throw interrupted(stop.reason);
        if (clock.due) await clock.checkpoint();
      };
      const hash =
        live.takeHash(id, this.offset) ?? (await this.#hash(file, algorithmsOf(this.digests), betweenBlocks));
      const writer = new BlockWriter(file, this.offset, hash, room);
      const sync = (): Promise<void> => this.#sync(writer);
      try {
        await receive({ reader, writer, clock, sync }, pair);
      } catch (error) {
        // Whatever else landed counts if it can be made durable; the first failure is the one to tell.
        await sync().catch(() => undefined);
        throw error;
      } finally {
        if (writer.position === this.offset) live.keepHash(id, this.offset, writer.digester);
      }
    });
  }

  /** Frees the room of what arrived since: on a full disk nobody could record it, nor even delete anything. */
  async #giveUpSince(recorded: UploadState): Promise<void> {
    this.#upload = recorded;
    // A file that can't be cut now is cut by the next append; why the append failed is the thing to tell.
    await this.#withFile(async () => undefined).catch(() => undefined);
  }

  async #sync(writer: BlockWriter): Promise<void> {
    await writer.settle();
    if (writer.position === this.offset) return;
    await writer.sync();
    this.#upload = { id: this.#upload.id, offset: writer.position, digests: writer.digester.digests() };
  }

  /** Makes sure that the content is `digest`, and durable. */
  async #seal(file: FileHandle, digest: Digest): Promise<void> {
    const algorithm = algorithmOf(digest);
    const nothing = async (): Promise<void> => undefined;
    const digests = this.digests[algorithm]
      ? this.digests
      : (await this.#hash(file, [algorithm], nothing)).digests();
    if (digests[algorithm] !== digest) throw new StorageError("digest", `the content is not ${digest}`);
    await file.sync();
  }

  async #hash(
    file: FileHandle,
    algorithms: readonly DigestAlgorithm[],
    betweenBlocks: () => Promise<void>,
  ): Promise<Digester> {
    const digester = new Digester(algorithms);
    if (this.offset === 0) return digester;
    await this.#around.buffers.lend((pair) => hashFile(file, this.offset, digester, pair, betweenBlocks));
    return digester;
  }

  /** Runs `use` on the file, cut to the offset: what lies beyond was never reported. */
  async #withFile(use: (file: FileHandle) => Promise<void>): Promise<void> {
    const file = await this.#open("r+");
    try {
      const { size } = await file.stat();
      if (size < this.offset) throw new StorageError("gone", `of ${this.offset} bytes only ${size} are left`);
      if (size > this.offset) await file.truncate(this.offset);
      await use(file);
    } finally {
      await file.close();
    }
  }

  async #open(flags: "r" | "r+"): Promise<FileHandle> {
    const { operations, presence } = this.#around;
    const file = await presence.find(operations.open(this.#path, flags));
    if (!file) throw new StorageError("gone", "the upload is over");
    return file;
  }
}
