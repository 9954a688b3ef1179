// An upstream that sends what a test tells it to, chunk by chunk where it matters, and counts how often it was asked.
import { PassThrough, Readable } from "node:stream";
import { RemoteError } from "../../../../src/remote/remote-error.ts";
import type { RemoteBlob, Upstream } from "../../../../src/remote/upstream.ts";
import { chunksOf } from "../../../contracts/blob-store-under-test.ts";
import type { Digest } from "../../../../storage/digest.ts";

export interface BlobFetch {
  readonly digest: Digest;
  readonly start: number;
  readonly signal: AbortSignal;
  /** 1 for the first. */
  readonly attempt: number;
}

export class ScriptedUpstream implements Upstream {
  readonly fetches: BlobFetch[] = [];
  /** What a HEAD says. */
  size: number | undefined;
  /** Answers the next requests. */
  answer: (fetch: BlobFetch) => RemoteBlob | Promise<RemoteBlob>;

  constructor(answer: (fetch: BlobFetch) => RemoteBlob | Promise<RemoteBlob>) {
    this.answer = answer;
  }

  async fetchBlob(
    _name: string,
    digest: Digest,
    { signal, start = 0 }: { signal: AbortSignal; start?: number | undefined },
  ): Promise<RemoteBlob> {
    const fetch = { digest, start, signal, attempt: this.fetches.length + 1 };
    this.fetches.push(fetch);
    return this.answer(fetch);
  }

  async statBlob(): Promise<{ size: number | undefined }> {
    return { size: this.size };
  }

  resolve = unasked;
  fetchManifest = unasked;
  listTags = unasked;
  listReferrers = unasked;

  async close(): Promise<void> {
    // Nothing is open.
  }
}

async function unasked(): Promise<never> {
  throw new Error("nobody asks a blob's upstream for this");
}

/** All of `bytes` from `start` on, and then a clean end. */
export function sent(
  bytes: Buffer,
  { start = 0, chunkBytes = 64 * 1024, size = bytes.length } = {},
): RemoteBlob {
  const chunks = chunksOf(bytes.subarray(start), chunkBytes);
  return { size, start, body: Readable.from(chunks, { objectMode: false }) };
}

/** As {@link sent}, without saying how long it is. */
export function unmeasured(bytes: Buffer): RemoteBlob {
  return { ...sent(bytes), size: undefined };
}

/** `bytes` of a blob from `start` up to `end`, where the connection breaks. */
export function cut(bytes: Buffer, end: number, { start = 0, chunkBytes = 64 * 1024 } = {}): RemoteBlob {
  const chunks = chunksOf(bytes.subarray(start, end), chunkBytes);
  const body = new Readable({
    read() {
      const chunk = chunks.next();
      if (chunk.done) this.destroy(new RemoteError("connection", "the connection was cut"));
      else this.push(chunk.value);
    },
  });
  return { size: bytes.length, start, body };
}

export interface TransferByHand extends RemoteBlob {
  send(bytes: Buffer): void;
  end(): void;
  cut(): void;
}

/** A transfer that brings what the test sends, when the test sends it. */
export function byHand(size: number | undefined, start = 0): TransferByHand {
  const body = new PassThrough({ highWaterMark: 1024 * 1024 });
  return {
    ...{ size, start, body },
    send: (bytes) => void body.write(bytes),
    end: () => void body.end(),
    cut: () => void body.destroy(new RemoteError("connection", "the connection was cut")),
  };
}
