// Holds a body to the length that its Content-Range promised. A file of its own because the difference matters: a body
// that breaks off is kept so far, a body that ends cleanly at another length is a lie and is not.
import { Readable } from "node:stream";

export class LengthMismatch extends Error {
  constructor(promised: number) {
    super(`the body is not ${promised} bytes long`);
    this.name = "LengthMismatch";
  }
}

/** `source`, failing with {@link LengthMismatch} once it turns out longer or ends shorter than `length` bytes. */
export function exactly(source: Readable, length: number): Readable {
  return Readable.from(counted(source, length), { objectMode: false });
}

async function* counted(source: Readable, length: number): AsyncGenerator<Buffer> {
  let seen = 0;
  // A request that is destroyed takes its connection along, and then there is no answer.
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    seen += chunk.length;
    if (seen > length) throw new LengthMismatch(length);
    yield chunk;
  }
  if (seen < length) throw new LengthMismatch(length);
}
