// Small files that were read a moment ago lie in the system's page cache, and reading them there and then takes some
// 20 µs; by way of the thread pool (open, stat, read, close) it takes ten times that. A file that is not known to be warm goes
// the long way, so that no cold disk and no network file system holds up everybody else.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { BlobBody, ByteRange } from "../stored-object.ts";
import { extentOf } from "../byte-range.ts";
import { BytesBody } from "../bytes-body.ts";

/** Up to this a range is read as a whole. */
export const smallBytes = 128 * 1024;
/** Who reads it again within this finds it in memory, if the machine is not short of it. */
const warmMilliseconds = 60_000;
const maxWarm = 10_000;
const maxBlocks = 32;

export class WarmFiles {
  /** Until when, by path; a Map remembers the order of insertion. */
  readonly #warm = new Map<string, number>();
  /** For reading into: new memory for each read costs more than the read. */
  readonly #blocks: Buffer[] = [];

  /** This file was read as a whole just now. */
  note(path: string): void {
    this.#warm.delete(path);
    this.#warm.set(path, performance.now() + warmMilliseconds);
    if (this.#warm.size <= maxWarm) return;
    const [oldest] = this.#warm.keys();
    if (oldest !== undefined) this.#warm.delete(oldest);
  }

  /**
   * The range of a file that is warm; undefined when the long way has to be taken, which also tells what is wrong with it.
   * @throws RangeError when `range` does not lie within the file
   */
  read(path: string, range: ByteRange | undefined): BlobBody | undefined {
    if ((this.#warm.get(path) ?? 0) < performance.now()) return undefined;
    let file: number | undefined;
    try {
      file = openSync(path, "r");
      const { size } = fstatSync(file);
      const extent = extentOf(size, range);
      const length = extent.end - extent.start;
      if (length <= smallBytes) {
        const block = this.#blocks.pop() ?? Buffer.allocUnsafeSlow(smallBytes);
        const bytes = fill(file, extent.start, block.subarray(0, length));
        if (bytes) return new BytesBody([bytes], size, this.#giveBack(block));
      }
    } catch (error) {
      if (error instanceof RangeError) throw error;
    } finally {
      if (file !== undefined) closeSync(file);
    }
    this.#warm.delete(path);
    return undefined;
  }

  #giveBack(block: Buffer): () => void {
    let isLent = true;
    return () => {
      if (isLent && this.#blocks.length < maxBlocks) this.#blocks.push(block);
      isLent = false;
    };
  }
}

/** Undefined when the file ends before. */
function fill(file: number, start: number, bytes: Buffer): Buffer | undefined {
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(file, bytes, filled, bytes.length - filled, start + filled);
    if (count === 0) return undefined;
    filled += count;
  }
  return bytes;
}
