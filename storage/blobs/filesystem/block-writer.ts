// Writes blocks to a file, one at a time, and hashes each on this thread while the system writes it. Whatever fails,
// `position` and `digester` agree: both cover exactly the bytes that are in the file.
import type { FileHandle } from "node:fs/promises";
import type { Digester } from "../../digest.ts";

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

export class BlockWriter {
  readonly #file: FileHandle;
  #position: number;
  #digester: Digester;
  #flight: Flight | undefined;
  #syncFailure: Error | undefined;

  /** `digester` has seen the bytes before `position`; it belongs to the writer from now on. */
  constructor(file: FileHandle, position: number, digester: Digester) {
    this.#file = file;
    this.#position = position;
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

  /**
   * Makes the bytes before `position` durable. Once this failed it fails for good: the system may have dropped the
   * pages, and would call a second attempt a success.
   */
  async sync(): Promise<void> {
    await this.settle();
    if (this.#syncFailure) throw this.#syncFailure;
    try {
      await this.#file.datasync();
    } catch (failure) {
      this.#syncFailure = new Error("what was written could not be made durable", { cause: failure });
      throw failure;
    }
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
