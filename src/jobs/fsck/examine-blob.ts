// Is a blob's object what its row says? By its size, or by reading it: a piece at a time, at a rate, so that whoever serves
// in the same process notices nothing.
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import type { BlobBody } from "../../../storage/blobs/stored-object.ts";
import { algorithmOf, Digester, type Digest } from "../../../storage/digest.ts";
import type { BlobRecord } from "../../../storage/metadata/records.ts";
import type { ByteRate } from "../byte-rate.ts";

export type Damage =
  | { readonly kind: "missing" }
  | { readonly kind: "wrong-size"; readonly storedSize: number }
  | { readonly kind: "wrong-digest"; readonly storedDigest: Digest }
  /** The disk gives it back no more. */
  | { readonly kind: "unreadable"; readonly reason: string };

export interface ExaminerParts {
  readonly blobStore: Pick<BlobStore, "stat" | "read">;
  readonly rate: ByteRate;
  readonly signal: AbortSignal;
  /** Told of every piece that was read; whoever throws here ends it. */
  readonly onRead: (bytes: number) => Promise<void> | void;
}

/** Hashed in a fraction of a millisecond. */
const pieceBytes = 256 * 1024;

export class BlobExaminer {
  readonly #parts: ExaminerParts;

  constructor(parts: ExaminerParts) {
    this.#parts = parts;
  }

  /** By existence and size alone. */
  async look({ locator, size }: BlobRecord): Promise<Damage | undefined> {
    let stored;
    try {
      stored = await this.#parts.blobStore.stat(locator);
    } catch (error) {
      if (isReadError(error)) return { kind: "unreadable", reason: error.message };
      throw error;
    }
    if (stored === undefined) return { kind: "missing" };
    return stored.size === size ? undefined : { kind: "wrong-size", storedSize: stored.size };
  }

  /**
   * By its bytes.
   * @throws what the store throws, unless that is the damage
   */
  async read(blob: BlobRecord): Promise<Damage | undefined> {
    const seen = await this.look(blob);
    if (seen !== undefined) return seen;
    try {
      const body = await this.#parts.blobStore.read(blob.locator);
      if (body === undefined) return { kind: "missing" };
      const storedDigest = await this.#digestOf(body, blob.digest);
      return storedDigest === blob.digest ? undefined : { kind: "wrong-digest", storedDigest };
    } catch (error) {
      this.#parts.signal.throwIfAborted();
      if (isReadError(error)) return { kind: "unreadable", reason: error.message };
      // it may have been cut, or deleted, while it was read
      const now = await this.look(blob);
      if (now === undefined) throw error;
      return now;
    }
  }

  async #digestOf(body: BlobBody, expected: Digest): Promise<Digest> {
    const { rate, signal, onRead } = this.#parts;
    const algorithm = algorithmOf(expected);
    const digester = new Digester([algorithm]);
    for await (const chunk of body.stream() as AsyncIterable<Buffer>) {
      for (let start = 0; start < chunk.length; start += pieceBytes) {
        const piece = chunk.subarray(start, start + pieceBytes);
        digester.update(piece);
        await onRead(piece.length);
        await rate.take(piece.length, signal);
        signal.throwIfAborted();
      }
    }
    const digest = digester.digests()[algorithm];
    if (digest === undefined) throw new Error(`nobody computed ${algorithm}`);
    return digest;
  }
}

/** Of this object alone: the disk fails there, or something else than a file has taken its place. */
const readErrors = new Set<unknown>(["EIO", "EISDIR"]);

export function isReadError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && readErrors.has(error.code);
}
