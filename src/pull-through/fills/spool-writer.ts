// Writes chunks to a spool file in order, each as soon as the one before is written: what arrives meanwhile goes in one
// call. Nothing waits for a block to fill, and nothing is copied.
import type { FileHandle } from "node:fs/promises";
import { withFullNamed } from "../../../storage/blobs/filesystem/file-operations.ts";

/** So much may wait for the disk before the sender has to wait, too. */
const maxWaitingBytes = 2 * 1024 * 1024;
const maxBuffers = 512;

export class SpoolWriter {
  readonly #file: FileHandle;
  readonly #onWritten: (position: number) => void;
  #position = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #work: Promise<void> | undefined;

  /** `onWritten` is told how far the file reaches, after each write. */
  constructor(file: FileHandle, onWritten: (position: number) => void) {
    this.#file = file;
    this.#onWritten = onWritten;
  }

  /** Takes `chunk`, which must not change any more; resolves when there is room for the next. @throws StorageError `full` */
  async add(chunk: Buffer): Promise<void> {
    if (chunk.length === 0) return;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#work ??= this.#write();
    if (this.#waitingBytes > maxWaitingBytes || this.#waiting.length > maxBuffers) await this.#work;
  }

  /** Resolves when all is written. */
  async settle(): Promise<void> {
    await this.#work;
  }

  /** Makes durable what was written: by the handle that wrote it, as another one may not hear of the disk's failures. */
  async sync(): Promise<void> {
    await this.settle();
    try {
      await this.#file.datasync();
    } catch (error) {
      throw withFullNamed(error);
    }
  }

  #write(): Promise<void> {
    const work = this.#writeWaiting();
    // It may fail before anybody waits for it; the next call tells, as a failed write stays the last one.
    work.catch(() => undefined);
    return work;
  }

  async #writeWaiting(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        const bytes = this.#waitingBytes;
        this.#waiting = [];
        this.#waitingBytes = 0;
        await writeWhole(this.#file, batch, this.#position);
        this.#position += bytes;
        this.#onWritten(this.#position);
      }
    } catch (error) {
      throw withFullNamed(error);
    }
    this.#work = undefined;
  }
}

async function writeWhole(file: FileHandle, chunks: Buffer[], start: number): Promise<void> {
  let rest = chunks;
  for (let position = start; rest.length > 0;) {
    const { bytesWritten } = await file.writev(rest, position);
    if (bytesWritten === 0) throw new Error("the system took no bytes and named no reason");
    position += bytesWritten;
    rest = without(rest, bytesWritten);
  }
}

/** `chunks` without their first `bytes`. */
function without(chunks: Buffer[], bytes: number): Buffer[] {
  let skipped = 0;
  let index = 0;
  for (const chunk of chunks) {
    if (skipped + chunk.length > bytes) break;
    skipped += chunk.length;
    index += 1;
  }
  const [cut, ...whole] = chunks.slice(index);
  return cut === undefined ? [] : [cut.subarray(bytes - skipped), ...whole];
}
