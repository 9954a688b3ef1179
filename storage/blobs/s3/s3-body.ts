// A range of an object on its way out. When the bucket's stream breaks or stands still, the rest is asked for by Range
// and the reader notices nothing; what can't be completed ends in an error, never in a short clean end.
import { Readable, type Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { StorageError } from "../../storage-error.ts";
import type { Extent } from "../byte-range.ts";
import { BytesBody } from "../bytes-body.ts";
import { Outlet } from "../outlet.ts";
import type { BlobBody } from "../stored-object.ts";
import type { S3Bucket } from "./bucket/s3-bucket.ts";
import type { ReceivedObject } from "./bucket/received-object.ts";

/** Read at once, so that most bodies hold no connection. */
const smallBytes = 64 * 1024;
/** In a row, without a byte in between. */
const maxBreaks = 4;

export interface WantedBytes {
  /** Absent: all of them. */
  readonly extent?: Extent | undefined;
  /** What the body tells as the size of the whole; absent: the object's. */
  readonly size?: number;
}

interface OpenedObject {
  readonly bucket: S3Bucket;
  readonly key: string;
  readonly received: ReceivedObject;
  /** The bytes of the object that `received` brings. */
  readonly extent: Extent;
}

/**
 * The only way to the bytes of an object: undefined when it is absent.
 * @throws RangeError when the extent goes beyond the object; StorageError `busy` when the bucket does not deliver
 */
export async function openS3Body(
  bucket: S3Bucket,
  key: string,
  { extent, size }: WantedBytes = {},
): Promise<BlobBody | undefined> {
  const received = await bucket.get(key, extent);
  if (!received) return undefined;
  const opened = { bucket, key, received, extent: extent ?? { start: 0, end: received.size } };
  const body = new S3Body(opened, size ?? received.size);
  if (opened.extent.end - opened.extent.start > smallBytes) return body;
  return new BytesBody([await buffer(body.stream())], body.size);
}

class S3Body implements BlobBody {
  readonly size: number;
  readonly #opened: OpenedObject;
  #stream: Readable;
  #chunks: AsyncIterator<Buffer, undefined>;
  #position: number;
  #breaks = 0;
  #closed = false;

  constructor(opened: OpenedObject, size: number) {
    this.size = size;
    this.#opened = opened;
    this.#position = opened.extent.start;
    this.#stream = opened.received.stream;
    this.#chunks = chunksOf(this.#stream);
  }

  stream(): Readable {
    const pull = (): Promise<Buffer | undefined> => this.#pull();
    const close = (): Promise<void> => this.close();
    return new Readable({
      read() {
        pull().then(
          (chunk) => this.push(chunk ?? null),
          (error: unknown) => this.destroy(error as Error),
        );
      },
      destroy(error, callback) {
        close().then(
          () => callback(error),
          (failure: unknown) => callback(error ?? (failure as Error)),
        );
      },
    });
  }

  async writeTo(destination: Writable, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(destination, signal);
    const close = () => void this.close();
    signal.addEventListener("abort", close);
    try {
      for (let chunk = await this.#pull(); chunk; chunk = await this.#pull()) await outlet.write(chunk);
    } finally {
      signal.removeEventListener("abort", close);
      outlet.release();
      await this.close();
    }
  }

  // A question, since the answer changes while others are waited for.
  #isClosed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stream.destroy();
  }

  /** The next bytes, or undefined at the end. */
  async #pull(): Promise<Buffer | undefined> {
    const { end } = this.#opened.extent;
    while (this.#position < end) {
      const chunk = await this.#next().catch((error: unknown) => this.#resume(error));
      if (!chunk) continue;
      const bytes = chunk.subarray(0, end - this.#position);
      this.#position += bytes.length;
      this.#breaks = 0;
      return bytes;
    }
    // Unless the bucket sent more than was asked for, this leaves its connection to the next request.
    if (!this.#stream.readableEnded) await this.#drained();
    return undefined;
  }

  /** Lets the end of the answer arrive, which keeps the connection. */
  async #drained(): Promise<void> {
    const rest = await this.#next().catch(() => undefined);
    if (rest) this.#stream.destroy();
  }

  /** @throws when the stream breaks, ends too early, or brings nothing for as long as an answer may take */
  async #next(): Promise<Buffer> {
    const stream = this.#stream;
    const stall = (): void =>
      void stream.destroy(new Error("the bucket fell silent in the middle of an object"));
    const timer = setTimeout(stall, this.#opened.bucket.answerMilliseconds);
    try {
      const next = await this.#chunks.next();
      if (next.done) throw new Error("the bucket ended an object too early");
      return next.value;
    } finally {
      clearTimeout(timer);
    }
  }

  async #resume(cause: unknown): Promise<undefined> {
    const { bucket, key, received, extent } = this.#opened;
    this.#stream.destroy();
    this.#breaks += 1;
    if (this.#isClosed()) throw new Error("the body was closed before its end", { cause });
    if (this.#breaks > maxBreaks)
      throw new StorageError("busy", `the object store does not deliver all of ${key}`, { cause });
    if (this.#breaks > 1) await bucket.attempts.pause(this.#breaks - 1);
    const again = await bucket.get(key, { start: this.#position, end: extent.end }, received.etag);
    if (again?.size !== received.size) {
      again?.stream.on("error", () => undefined).destroy();
      throw new Error(`${key} is not what it was when it was opened`, { cause });
    }
    this.#stream = again.stream;
    this.#chunks = chunksOf(again.stream);
    // It may have been closed while the bucket was asked.
    if (this.#isClosed()) await this.close();
    return undefined;
  }
}

function chunksOf(stream: Readable): AsyncIterator<Buffer, undefined> {
  // Destroyed before anybody listens to its iterator, it would throw into the open.
  stream.on("error", () => undefined);
  return stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
}
