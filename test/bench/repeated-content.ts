// Blobs of any size that nobody has to hold: one block again and again, with an ending of each blob's own, so that their
// digests differ and are known without hashing all of it each time.
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";

const mebibyte = 1024 * 1024;
const block = randomBytes(mebibyte);

export interface RepeatedContent {
  readonly digest: string;
  readonly open: () => Readable;
}

/** `count` blobs of `mebibytes` each. */
export function repeatedContents(mebibytes: number, count: number): RepeatedContent[] {
  const common = createHash("sha256");
  for (let n = 1; n < mebibytes; n++) common.update(block);
  return Array.from({ length: count }, () => {
    const last = Buffer.concat([block.subarray(16), randomBytes(16)]);
    const digest = `sha256:${common.copy().update(last).digest("hex")}`;
    return { digest, open: () => Readable.from(blocks(mebibytes, last), { highWaterMark: 1 }) };
  });
}

function* blocks(mebibytes: number, last: Buffer): Generator<Buffer, void> {
  for (let n = 1; n < mebibytes; n++) yield block;
  yield last;
}
