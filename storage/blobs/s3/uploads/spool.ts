// Parts on their way to the bucket, in files without a name: what was received can be sent again, the heap stays small
// whatever the size and number of parts, and a process that dies leaves nothing behind.
import { open, unlink, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { makeFolders } from "../../../make-folders.ts";
import { boundlessRoom, type Room } from "../../../disk-room.ts";
import { StorageError } from "../../../storage-error.ts";
import type { Content } from "../bucket/s3-bucket.ts";

const blockBytes = 256 * 1024;
const sendBytes = 256 * 1024;

export class Spool {
  readonly #directory: string;
  readonly #newName: () => string;
  readonly #room: Room;

  /** @param room is asked before each block that goes to the disk */
  constructor(directory: string, newName: () => string, room: Room = boundlessRoom) {
    this.#directory = directory;
    this.#newName = newName;
    this.#room = room;
  }

  startPart(): PartFile {
    return new PartFile(() => this.#open(), this.#room);
  }

  /**
   * Takes a part, as an upload would.
   * @throws the system's error when the folder can't be made or written; StorageError `full`
   */
  async try(): Promise<void> {
    await (await named(this.#open())).close();
  }

  async #open(): Promise<FileHandle> {
    const name = path.join(this.#directory, `${this.#newName()}.part`);
    const file = await this.#create(name);
    try {
      await unlink(name);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The folder is made whenever it is not there: it looks empty at all times, and somebody may clear it away. */
  async #create(name: string): Promise<FileHandle> {
    try {
      return await open(name, "wx+");
    } catch (error) {
      if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
    }
    await makeFolders(this.#directory);
    return await open(name, "wx+");
  }
}

/** Bytes of one part. The first block never touches the disk. */
export class PartFile implements Content {
  readonly #openFile: () => Promise<FileHandle>;
  readonly #room: Room;
  #file: FileHandle | undefined;
  #block: Buffer = Buffer.alloc(0);
  #spare: Buffer | undefined;
  #filled = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(openFile: () => Promise<FileHandle>, room: Room = boundlessRoom) {
    this.#openFile = openFile;
    this.#room = room;
  }

  get size(): number {
    return this.#written + this.#filled;
  }

  /** Takes a copy. @throws StorageError `full` */
  async append(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      if (this.#block.length === 0) this.#block = Buffer.allocUnsafeSlow(blockBytes);
      if (this.#filled === blockBytes) await this.#flush();
      const copied = rest.copy(this.#block, this.#filled);
      this.#filled += copied;
      rest = rest.subarray(copied);
    }
  }

  /** Must have been called, after the last append, before `open`. */
  async settle(): Promise<void> {
    if (this.#file && this.#filled > 0) await this.#flush();
    await this.#writing;
  }

  /** All bytes, for as often as it takes. */
  open(): Readable | Buffer {
    if (!this.#file) return this.#block.subarray(0, this.#filled);
    // Not the file's own read stream: destroying one closes the file.
    return Readable.from(blocksOf(this.#file, this.#written), {
      objectMode: false,
      highWaterMark: sendBytes,
    });
  }

  /** What `open` gives, chunk by chunk. */
  async *chunks(): AsyncGenerator<Buffer> {
    await this.settle();
    const opened = this.open();
    if (Buffer.isBuffer(opened)) yield opened;
    else yield* opened as AsyncIterable<Buffer>;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Starts writing the block, while the other one fills. */
  async #flush(): Promise<void> {
    await this.#writing;
    await this.#room.claim(this.#filled);
    const file = (this.#file ??= await named(this.#openFile()));
    const [full, position] = [this.#block, this.#written];
    const block = full.subarray(0, this.#filled);
    this.#block = this.#spare ?? Buffer.allocUnsafeSlow(blockBytes);
    this.#spare = full;
    this.#written += block.length;
    this.#filled = 0;
    this.#writing = named(writeWhole(file, block, position));
    this.#writing.catch(() => undefined); // Told by whoever waits for it next.
  }
}

async function* blocksOf(file: FileHandle, end: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < end;) {
    const block = Buffer.allocUnsafeSlow(Math.min(sendBytes, end - position));
    const { bytesRead } = await file.read(block, 0, block.length, position);
    if (bytesRead === 0) throw new Error("a part is shorter than what was written to it");
    position += bytesRead;
    yield block.subarray(0, bytesRead);
  }
}

async function writeWhole(file: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let written = 0; written < block.length;) {
    const { bytesWritten } = await file.write(block, written, block.length - written, position + written);
    if (bytesWritten === 0) throw new Error("the system took no bytes and named no reason");
    written += bytesWritten;
  }
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, "EROFS"))
      throw new StorageError("full", "the place where parts wait for the bucket is read-only", {
        cause: error,
      });
    if (!hasCode(error, "ENOSPC", "EDQUOT")) throw error;
    throw new StorageError("full", "no room is left where parts wait for the bucket", { cause: error });
  }
}

function hasCode(error: unknown, ...codes: readonly unknown[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(error.code);
}
