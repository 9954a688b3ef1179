// One upload: a growing file. The session holds nothing between calls but what `state` carries; only a closing append
// leaves its file open, for the commit that follows it.
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { algorithmOf, type Digest, type DigestAlgorithm, type Digests } from "../../digest.ts";
import type { Room } from "../../disk-room.ts";
import type { BlockHasher } from "../../hashing/block-hasher.ts";
import type { HashingThreads } from "../../hashing/hashing-threads.ts";
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
  readonly live: LiveUploads<BlockHasher>;
  readonly hashing: HashingThreads;
  readonly buffers: TransferBuffers;
  readonly presence: StorePresence;
  readonly publisher: Publisher;
  readonly room: Room;
}

/** What an append works with. */
interface Arrival {
  readonly reader: SourceReader;
  readonly clock: CheckpointClock;
  readonly stop: AbortSignal;
  readonly closing: boolean;
}

/** What a closing append left: open until the commit has made it durable by the handle that wrote it. */
interface Closing {
  readonly file: FileHandle;
  readonly upload: UploadState;
}

export class FilesystemUploadSession implements UploadSession {
  readonly #around: UploadSurroundings;
  readonly #path: string;
  #upload: UploadState;
  #isNew: boolean;
  #closing: Closing | undefined;

  /** @param isNew there is no file yet: whoever needs it first makes it, at the cost of one call in place of four */
  constructor(around: UploadSurroundings, upload: UploadState, { isNew = false } = {}) {
    this.#around = around;
    this.#isNew = isNew;
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
      await this.#dropClosing();
      const before = this.#upload;
      const reader = new SourceReader(source, stop, options.promisedBytes);
      let recorded = before;
      const clock = new CheckpointClock(options, reader.wake, () => (recorded = this.#upload));
      try {
        const closing = options.closing ?? false;
        await this.#withFile((file) => this.#receive(file, { reader, clock, stop, closing }));
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
    const { id } = this.#upload;
    const work = async (): Promise<CommittedObject> => {
      live.dropHash(id);
      try {
        const whole = this.#closing?.upload ?? this.#upload;
        await this.#withFile((file) => this.#seal(file, whole, digest));
        const [locator] = await Promise.all([publisher.publish(this.#path, id, digest), this.#dropClosing()]);
        return { locator, size: whole.offset };
      } catch (error) {
        await removeFile(operations, this.#path);
        throw withFullNamed(error);
      }
    };
    return await live.exclusively(id, work).finally(() => this.#dropClosing());
  }

  async abort(): Promise<void> {
    const { live, operations } = this.#around;
    await live.takeOver(this.#upload.id, async () => {
      live.dropHash(this.#upload.id);
      await this.#dropClosing();
      await removeFile(operations, this.#path);
    });
  }

  async #receive(file: FileHandle, { reader, clock, stop, closing }: Arrival): Promise<void> {
    const { buffers, live, room } = this.#around;
    const { id } = this.#upload;
    await buffers.lend(async (pair) => {
      const betweenBlocks = async (): Promise<void> => {
        if (stop.aborted) throw interrupted(stop.reason);
        if (clock.due) await clock.checkpoint();
      };
      const hasher = this.#keptHash() ?? (await this.#hash(file, this.#upload, betweenBlocks));
      const writer = new BlockWriter(file, this.offset, hasher, room);
      const sync = (): Promise<void> => this.#sync(writer);
      const finish = closing ? () => this.#leaveOpen(file, writer) : sync;
      try {
        await receive({ reader, writer, clock, sync, finish }, pair);
      } catch (error) {
        // Whatever else landed counts if it can be made durable; the first failure is the one to tell.
        await sync().catch(() => undefined);
        throw error;
      } finally {
        if (writer.position === this.offset) live.keepHash(id, this.offset, hasher);
        else hasher.drop();
      }
    });
  }

  #keptHash(): BlockHasher | undefined {
    const kept = this.#around.live.takeHash(this.#upload.id, this.offset);
    return kept?.isLost ? undefined : kept;
  }

  /** One sync at the commit, by this handle, is enough for all that arrived. */
  async #leaveOpen(file: FileHandle, writer: BlockWriter): Promise<void> {
    await writer.land();
    const upload = { id: this.#upload.id, offset: writer.position, digests: await writer.hasher.digests() };
    this.#closing = { file, upload };
  }

  async #dropClosing(): Promise<void> {
    const closing = this.#closing;
    this.#closing = undefined;
    await closing?.file.close();
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
    const digests = await writer.hasher.digests();
    this.#upload = { id: this.#upload.id, offset: writer.position, digests };
  }

  /** Makes sure that the content is `digest`, and durable. */
  async #seal(file: FileHandle, whole: UploadState, digest: Digest): Promise<void> {
    const algorithm = algorithmOf(digest);
    const found = whole.digests[algorithm] ?? (await this.#digest(file, whole, algorithm));
    if (found !== digest) throw new StorageError("digest", `the content is not ${digest}`);
    await file.sync();
  }

  /** Under an algorithm that nobody announced. */
  async #digest(
    file: FileHandle,
    whole: UploadState,
    algorithm: DigestAlgorithm,
  ): Promise<Digest | undefined> {
    const hasher = await this.#hash(file, whole, async () => undefined, [algorithm]);
    try {
      return (await hasher.digests())[algorithm];
    } finally {
      hasher.drop();
    }
  }

  /** Hashes what is stored, as far as `upload` goes. */
  async #hash(
    file: FileHandle,
    { offset, digests }: UploadState,
    betweenBlocks: () => Promise<void>,
    algorithms = algorithmsOf(digests),
  ): Promise<BlockHasher> {
    const { buffers, hashing } = this.#around;
    const hasher = hashing.begin(algorithms);
    if (offset === 0) return hasher;
    try {
      await buffers.lend((pair) => hashFile(file, offset, hasher, pair, betweenBlocks));
    } catch (error) {
      hasher.drop();
      throw error;
    }
    return hasher;
  }

  /** Runs `use` on the file, cut to the offset (what lies beyond was never reported), or as a closing append left it. */
  async #withFile(use: (file: FileHandle) => Promise<void>): Promise<void> {
    if (this.#closing) return await use(this.#closing.file);
    const file = this.#isNew ? await this.#create() : await this.#openAtOffset();
    try {
      await use(file);
    } finally {
      if (!this.#isLeftOpen(file)) await file.close();
    }
  }

  async #create(): Promise<FileHandle> {
    const file = await this.#around.operations.open(this.#path, "wx+");
    this.#isNew = false;
    return file;
  }

  async #openAtOffset(): Promise<FileHandle> {
    const file = await this.#open("r+");
    try {
      const { size } = await file.stat();
      if (size < this.offset) throw new StorageError("gone", `of ${this.offset} bytes only ${size} are left`);
      if (size > this.offset) await file.truncate(this.offset);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  #isLeftOpen(file: FileHandle): boolean {
    return this.#closing?.file === file;
  }

  async #open(flags: "r" | "r+"): Promise<FileHandle> {
    const { operations, presence } = this.#around;
    const file = await presence.find(operations.open(this.#path, flags));
    if (!file) throw new StorageError("gone", "the upload is over");
    return file;
  }
}
