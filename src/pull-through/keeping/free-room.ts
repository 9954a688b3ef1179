// Whether the disk has room for what is fetched: with too little left, content passes through and is not kept, so that
// a mirror never takes the room that pushes and the database need.
import { freeBytesOf } from "../../../storage/disk-room.ts";
import { Grants } from "./grants.ts";

export interface FreeRoomParts {
  readonly directory: string;
  readonly minFreeBytes: () => number;
  /** Of all downloads that run, in every process: what they have written counts again, so that too little is kept at worst. */
  readonly bytesUnderWay: () => Promise<number>;
  readonly now: () => number;
  /** Bytes that are free to us in the file system of a directory. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

const rememberedMilliseconds = 5000;

export class FreeRoom {
  readonly #parts: FreeRoomParts;
  #free = 0;
  #until = -Infinity;
  readonly #given = new Grants();

  constructor(parts: FreeRoomParts) {
    this.#parts = parts;
  }

  /**
   * Whether the least that must stay free is left when `bytes` more are fetched; the room is theirs then, until the
   * download is `over`: what it wrote is not free any more, or free again.
   */
  async take(bytes: number, over: AbortSignal): Promise<boolean> {
    const { minFreeBytes, now } = this.#parts;
    if (now() >= this.#until) await this.#measure();
    if (this.#free - bytes < minFreeBytes()) return false;
    this.#free -= bytes;
    this.#given.add(bytes, over);
    return true;
  }

  async #measure(): Promise<void> {
    const { directory, bytesUnderWay, now, freeBytes = freeBytesOf } = this.#parts;
    const [free, underWay] = await Promise.all([freeBytes(directory), bytesUnderWay()]);
    this.#free = free - Math.max(underWay, this.#given.bytes);
    this.#until = now() + rememberedMilliseconds;
  }
}
