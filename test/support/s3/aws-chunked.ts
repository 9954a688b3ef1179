// The framing `aws-chunked` in which clients send bodies whose checksum comes last: chunks with their lengths in hex,
// then trailers. A protocol inside of HTTP's own chunks, hence a file of its own.
import { S3Error } from "./s3-error.ts";

/**
 * The bytes within the chunks of `source`. The trailers are put into `trailers`, by lower-case name, before the end.
 *
 * @throws S3Error IncompleteBody when the framing is broken
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer, undefined> {
  const reader = new FrameReader(source);
  for (;;) {
    const size = /^([0-9a-f]+)(;.*)?$/i.exec(await reader.line())?.[1];
    if (size === undefined) throw incomplete();
    if (parseInt(size, 16) === 0) break;
    yield* reader.bytes(parseInt(size, 16));
    if ((await reader.line()) !== "") throw incomplete();
  }
  for (let line = await reader.line(); line !== ""; line = await reader.line()) {
    const [name = "", value = ""] = line.split(/:(.*)/s);
    trailers.set(name.toLowerCase(), value.trim());
  }
}

class FrameReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to the next CRLF, which is left out. */
  async line(): Promise<string> {
    let end = this.#rest.indexOf("\r\n");
    while (end < 0) {
      if (this.#rest.length > 4096) throw incomplete();
      await this.#more();
      end = this.#rest.indexOf("\r\n");
    }
    const line = this.#rest.toString("latin1", 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  async *bytes(count: number): AsyncGenerator<Buffer, undefined> {
    for (let missing = count; missing > 0;) {
      if (this.#rest.length === 0) await this.#more();
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw incomplete();
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
  }
}

function incomplete(): S3Error {
  return new S3Error(400, "IncompleteBody", "The request body terminated unexpectedly");
}
