// Whether the disk has room for what is fetched: with too little left, content passes through and is not kept, so that
// a mirror never takes the room that pushes and the database need.
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

export interface FreeRoomParts {
  readonly directory: string;
  readonly minFreeBytes: () => number;
  readonly now: () => number;
  /** Bytes that are free to us in the file system of a directory. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

const rememberedMilliseconds = 5000;

export class FreeRoom {
  readonly #parts: FreeRoomParts;
  #free = 0;
  #until = -Infinity;

  constructor(parts: FreeRoomParts) {
    this.#parts = parts;
  }

  /** Whether the least that must stay free is left when `bytes` more are written. */
  async has(bytes: number): Promise<boolean> {
    const { directory, minFreeBytes, now, freeBytes = freeBytesOf } = this.#parts;
    if (now() >= this.#until) {
      this.#free = await freeBytes(directory);
      this.#until = now() + rememberedMilliseconds;
    }
    return this.#free - bytes >= minFreeBytes();
  }
}

/** Of a directory that is not there yet: where it will be. */
async function freeBytesOf(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isAbsent || dirname(directory) === directory) throw error;
    return freeBytesOf(dirname(directory));
  }
}
