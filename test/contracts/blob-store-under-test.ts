// What the suites of the blob interfaces need of each backend, and the few moves that all of them make.
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { BlobBody, Locator, StoredObject } from "../../storage/blobs/stored-object.ts";
import type { CommittedObject } from "../../storage/blobs/upload-session.ts";
import { digestOf } from "../../storage/digest.ts";

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** Another store over the same place, as a restarted process would have it. Only asked of persistent stores. */
  reopen(): Promise<BlobStore>;
  /** Whatever is held or lies about that is not a committed object: open handles, temporary files. */
  leftovers(): Promise<string[]>;
  remove(): Promise<void>;
}

export interface Backend {
  readonly persistent: boolean;
  open(): Promise<BlobStoreUnderTest>;
}

export const never = new AbortController().signal;

/** Bytes that look random and are the same in each run. */
export function sampleBytes(length: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 2_654_435_761;
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

export function sourceOf(bytes: Buffer, chunkBytes = 64 * 1024): Readable {
  return Readable.from(chunksOf(bytes, chunkBytes), { objectMode: false });
}

export function* chunksOf(bytes: Buffer, chunkBytes: number): Generator<Buffer, undefined> {
  for (let start = 0; start < bytes.length; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
}

/** Delivers `bytes`, and then breaks off: as a dead connection does, or by an error of its own. */
export function brokenSource(bytes: Buffer, error?: Error): Readable {
  const chunks = chunksOf(bytes, 50_000);
  return new Readable({
    read() {
      const chunk = chunks.next();
      if (chunk.done) this.destroy(error);
      else this.push(chunk.value);
    },
  });
}

export async function put(store: BlobStore, bytes: Buffer): Promise<CommittedObject> {
  const session = await store.startUpload({ algorithms: ["sha256"] });
  await session.append(sourceOf(bytes), 0);
  return await session.commit(digestOf(bytes));
}

export async function contentOf(store: BlobStore, locator: Locator): Promise<Buffer | undefined> {
  const body = await store.read(locator);
  return body && (await writtenBy(body));
}

/** All that `writeTo` hands over. */
export async function writtenBy(body: BlobBody): Promise<Buffer> {
  const destination = new PassThrough();
  const written = buffer(destination);
  await body.writeTo(destination, never);
  destination.end();
  return await written;
}

export async function listed(store: BlobStore, signal = never): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(signal)) objects.push(object);
  return objects;
}
