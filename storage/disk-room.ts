// How much room a disk has left, and the least that has to stay free: below it nobody may bring new content, so that
// the database can go on writing what deletes, collections and logins are (REQ-22). Both stores' disks count.
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { StorageError } from "./storage-error.ts";

/** Asked before bytes are written. */
export interface Room {
  /**
   * Says that so many bytes are about to be written.
   * @throws StorageError `full` when less than the least would be left then; nothing may be written
   */
  claim(bytes: number): Promise<void>;
}

export const boundlessRoom: Room = { claim: async () => undefined };

export interface DiskRoomParts {
  /** The disk with the least room counts; a folder that is not there yet stands for where it will be. */
  readonly directories: readonly string[];
  readonly minFreeBytes: number;
  /** Milliseconds, of any clock that does not go back. */
  readonly now: () => number;
  /** Bytes that are free to us in the file system of a directory. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

/** Other processes write to the same disk, and are seen so often. */
const rememberedMilliseconds = 1000;
const mebibyte = 1024 * 1024;

/**
 * Between two looks at the disk it counts what this process claims. So several processes pass the mark by no more than
 * what they write in a second.
 */
export class DiskRoom implements Room {
  readonly #parts: DiskRoomParts;
  #free = 0;
  #until = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(parts: DiskRoomParts) {
    this.#parts = parts;
  }

  get minFreeBytes(): number {
    return this.#parts.minFreeBytes;
  }

  async claim(bytes: number): Promise<void> {
    await this.demand(bytes);
    this.#free -= bytes;
  }

  /**
   * Asks whether so many bytes would fit, without claiming them: they come later, in blocks, if at all.
   * @throws StorageError `full`
   */
  async demand(bytes: number): Promise<void> {
    const { minFreeBytes, now } = this.#parts;
    if (now() >= this.#until) await this.#look();
    if (this.#free - bytes >= minFreeBytes) return;
    const figures = `${mebibytes(this.#free)} are free, and ${mebibytes(minFreeBytes)} have to stay so (storage.minFreeBytes)`;
    throw new StorageError("full", figures);
  }

  /** What was free when last looked, less what was claimed since; looks again after a second. */
  async free(): Promise<number> {
    if (this.#parts.now() >= this.#until) await this.#look();
    return this.#free;
  }

  /** Whoever comes while somebody looks waits for that look. */
  #look(): Promise<void> {
    this.#looking ??= this.#measure().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #measure(): Promise<void> {
    const { directories, now, freeBytes = freeBytesOf } = this.#parts;
    // A disk that gives no answer is no full one: the write itself will tell what is wrong.
    const figures = directories.map((directory) => freeBytes(directory).catch(() => Infinity));
    this.#free = Math.min(...(await Promise.all(figures)));
    this.#until = now() + rememberedMilliseconds;
  }
}

/** Bytes that are free to us in the file system of `directory`, or of where it will be. */
export async function freeBytesOf(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isAbsent || dirname(directory) === directory) throw error;
    return freeBytesOf(dirname(directory));
  }
}

function mebibytes(bytes: number): string {
  return `${Math.max(0, Math.floor(bytes / mebibyte))} MiB`;
}
