// Writes blocks to a file, one at a time, and hashes each on this thread while the system writes it. Whatever fails,
// `position` and `digester` agree: both cover exactly the bytes that are in the file.
import type { FileHandle } from "node:fs/promises";
import type { Digester } from "../../digest.ts";
import type { Room } from "../../disk-room.ts";

interface Flight {
  readonly block: Buffer;
  /** The digester before the block. */
  readonly before: Digester;
  readonly progress: Progress;
  readonly landing: Promise<void>;
}

interface Progress {
  bytesWritten: number;
}

/** So much may wait for the disk before it is asked to hurry: a sync at the end then never takes long. */
const flushBytes = 32 * 1024 * 1024;

export class BlockWriter {
  readonly #file: FileHandle;
  readonly #room: Room;
  #position: number;
  #digester: Digester;
  #flight: Flight | undefined;
  #flushedTo: number;
  #synced: Promise<void> = Promise.resolve();

  /** `digester` has seen the bytes before `position`; it belongs to the writer from now on. */
  constructor(file: FileHandle, position: number, digester: Digester, room: Room) {
    this.#file = file;
    this.#room = room;
    this.#position = position;
    this.#flushedTo = position;
    this.#digester = digester;
  }

  get position(): number {
    return this.#position;
  }

  get digester(): Digester {
    return this.#digester;
  }

  /** Starts writing `block`, after the one before has landed; the block must stay as it is until the next call. */
  async write(block: Buffer): Promise<void> {
    await this.settle();
    if (block.length === 0) return;
    await this.#room.claim(block.length);
    if (this.#position - this.#flushedTo >= flushBytes) await this.#startFlush();
    const before = this.#digester.copy();
    const progress = { bytesWritten: 0 };
    const landing = writeWhole(this.#file, block, this.#position, progress);
    landing.catch(() => undefined); // It may fail before anyone waits for it; settle tells.
    this.#flight = { block, before, progress, landing };
    this.#digester.update(block);
  }

  /** Waits until nothing is being written. */
  async settle(): Promise<void> {
    if (!this.#flight) return;
    const { block, before, progress, landing } = this.#flight;
    this.#flight = undefined;
    try {
      await landing;
    } catch (error) {
      this.#digester = before;
      before.update(block.subarray(0, progress.bytesWritten));
      throw error;
    } finally {
      this.#position += progress.bytesWritten;
    }
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
