// Writes blocks to a file, one at a time, and hashes each while the system writes it. Whatever fails, `position` and
// `hasher` agree: both cover exactly the bytes that are in the file, or the hasher tells no digest any more.
import type { FileHandle } from "node:fs/promises";
import type { Room } from "../../disk-room.ts";
import type { BlockHasher } from "../../hashing/block-hasher.ts";

interface Flight {
  readonly progress: Progress;
  readonly landing: Promise<void>;
  readonly hashing: Promise<void>;
}

interface Progress {
  bytesWritten: number;
}

/** So much may wait for the disk before it is asked to hurry: a sync at the end then never takes long. */
const flushBytes = 32 * 1024 * 1024;

export class BlockWriter {
  readonly #file: FileHandle;
  readonly #room: Room;
  readonly #hasher: BlockHasher;
  #position: number;
  #flight: Flight | undefined;
  #flushedTo: number;
  #synced: Promise<void> = Promise.resolve();

  /** `hasher` has seen the bytes before `position`; it belongs to the writer from now on. */
  constructor(file: FileHandle, position: number, hasher: BlockHasher, room: Room) {
    this.#file = file;
    this.#room = room;
    this.#position = position;
    this.#flushedTo = position;
    this.#hasher = hasher;
  }

  get position(): number {
    return this.#position;
  }

  get hasher(): BlockHasher {
    return this.#hasher;
  }

  /** Starts writing `block`, after the one before has landed; the block must stay as it is until the next call. */
  async write(block: Buffer): Promise<void> {
    await this.settle();
    if (block.length === 0) return;
    await this.#room.claim(block.length);
    if (this.#position - this.#flushedTo >= flushBytes) await this.#startFlush();
    const progress = { bytesWritten: 0 };
    const landing = writeWhole(this.#file, block, this.#position, progress);
    const hashing = this.#hasher.update(block);
    // Either may fail before anyone waits for it; settle tells.
    for (const work of [landing, hashing]) work.catch(() => undefined);
    this.#flight = { progress, landing, hashing };
  }

  /** Waits until nothing is being written. */
  async settle(): Promise<void> {
    if (!this.#flight) return;
    const { progress, landing, hashing } = this.#flight;
    this.#flight = undefined;
    const [landed, hashed] = await Promise.allSettled([landing, hashing]);
    this.#position += progress.bytesWritten;
    if (hashed.status === "rejected") throw hashed.reason;
    if (landed.status === "fulfilled") return;
    await this.#hasher.shorten(progress.bytesWritten);
    throw landed.reason;
  }

  /** Waits until nothing is being written, nor made durable. */
  async land(): Promise<void> {
    await this.settle();
    await this.#synced;
  }

  /** Makes the bytes before `position` durable. */
  async sync(): Promise<void> {
    await this.settle();
    await this.#datasync();
  }

  /** Lets the disk work while the upload goes on; waits only for the flush before. */
  async #startFlush(): Promise<void> {
    await this.#synced;
    this.#flushedTo = this.#position;
    void this.#datasync();
  }

  // A chain, so that one failure fails all that come after it: the system may have dropped the pages, and would call a
  // second attempt a success.
  #datasync(): Promise<void> {
    this.#synced = this.#synced.then(() => this.#file.datasync());
    this.#synced.catch(() => undefined);
    return this.#synced;
  }
}

async function writeWhole(
  file: FileHandle,
  block: Buffer,
  position: number,
  progress: Progress,
): Promise<void> {
  while (progress.bytesWritten < block.length) {
    const written = progress.bytesWritten;
    const { bytesWritten } = await file.write(block, written, block.length - written, position + written);
    if (bytesWritten === 0) throw new Error("the system took no bytes and named no reason");
    progress.bytesWritten += bytesWritten;
  }
}
