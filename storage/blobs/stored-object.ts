// What lies in a blob store: where, how to read it, how a listing shows it. Apart from the interface of the store
// because sessions speak of these too.
import type { Readable, Writable } from "node:stream";

/** Where one commit's bytes lie. Unique for each commit and never reused. */
export type Locator = string & { readonly brand: unique symbol };

/** Bytes `start` up to and including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * An open object, or a range of it. Whoever opened it calls exactly one of `stream` and `writeTo`, or `close`.
 * An object that turns out shorter than `size` ends in an error, never in a short clean end.
 */
export interface BlobBody {
  /** Size in bytes of the whole object, whatever range was asked for. */
  readonly size: number;
  /**
   * All bytes of the range, where they have been read already. They may be taken in place of the calls below; whoever does
   * calls `close` when they have been sent, or never, if it can't tell.
   */
  readonly inMemory?: Buffer | undefined;
  stream(): Readable;
  /**
   * The backend's fastest way out: resolves when all bytes were handed to `destination`, which is not ended.
   * Buffers are reused: `destination` must be done with a chunk when it calls back, as sockets, responses and files are.
   */
  writeTo(destination: Writable, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A damaged object that is kept apart. */
export interface QuarantinedObject {
  /** A path, or an address in a bucket. */
  readonly place: string;
  readonly size: number;
}

/** An object as the store's own listing shows it, for finding what no row knows. */
export interface StoredObject {
  readonly locator: Locator;
  readonly size: number;
  readonly modifiedAt: Date;
}
