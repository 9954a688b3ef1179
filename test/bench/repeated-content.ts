// Blobs of any size that nobody has to hold: one block again and again, with an ending of each blob's own, so that their
// digests differ and are known without hashing all of it each time.
import { createHash, randomBytes, type Hash } from "node:crypto";
import { Readable } from "node:stream";

const mebibyte = 1024 * 1024;

export interface RepeatedContent {
  readonly digest: string;
  readonly blocks: () => Iterable<Buffer>;
  readonly open: () => Readable;
}

export class RepeatedContents {
  readonly #mebibytes: number;
  readonly #block = randomBytes(mebibyte);
  /** Of all but the last block. */
  readonly #common: Hash = createHash("sha256");

  /** Of `mebibytes` each. */
  constructor(mebibytes: number) {
    this.#mebibytes = mebibytes;
    for (let n = 1; n < mebibytes; n++) this.#common.update(this.#block);
  }

  next(): RepeatedContent {
    const last = Buffer.concat([this.#block.subarray(16), randomBytes(16)]);
    const digest = `sha256:${this.#common.copy().update(last).digest("hex")}`;
    const blocks = (): Iterable<Buffer> => this.#blocks(last);
    return { digest, blocks, open: () => Readable.from(blocks(), { highWaterMark: 1 }) };
  }

  *#blocks(last: Buffer): Generator<Buffer, void> {
    for (let n = 1; n < this.#mebibytes; n++) yield this.#block;
    yield last;
  }
}

/** `count` blobs of `mebibytes` each. */
export function repeatedContents(mebibytes: number, count: number): RepeatedContent[] {
  const contents = new RepeatedContents(mebibytes);
  return Array.from({ length: count }, () => contents.next());
}
