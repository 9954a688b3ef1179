// Copies every blob to another store, and makes that one the store in use. See "Moving to another store" in
// storage/README.md for what holds while the registry serves, and after a kill at any moment.
import { Readable } from "node:stream";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { Locator } from "../../storage/blobs/stored-object.ts";
import { algorithmOf, type Digest } from "../../storage/digest.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { BlobCopiesSwitch } from "../../storage/metadata/stored-blobs-store.ts";
import type { BlobRecord } from "../../storage/metadata/records.ts";
import { isStorageError } from "../../storage/storage-error.ts";
import { inParallel } from "./in-parallel.ts";
import { toTheEnd } from "./to-the-end.ts";

export interface StorageCopyParts {
  readonly source: BlobStore;
  readonly target: BlobStore;
  /** Names the target the same in every run, and no other store. */
  readonly targetName: string;
  readonly metadata: MetadataStore;
  readonly now: () => number;
}

export interface StorageCopyOptions {
  /** Makes the target the store in use, once it has everything: nobody may serve meanwhile. */
  readonly switchOver: boolean;
  /** Switches although some blobs can't be copied: they are absent then, until somebody pushes them. */
  readonly leaveBroken: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  readonly blobs: number;
  readonly totalBlobs: number;
  /** Done, by this run and those before. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** What this run has moved: for telling its pace. */
  readonly movedBytes: number;
}

export interface StorageCopyReport {
  readonly blobs: number;
  readonly bytes: number;
  /** By this run. */
  readonly copied: number;
  readonly copiedBytes: number;
  /** By the runs before. */
  readonly already: number;
  readonly broken: number;
  /** The first thousand of them. */
  readonly brokenBlobs: readonly { readonly digest: Digest; readonly reason: string }[];
  /** undefined when no switch was tried. */
  readonly switched: BlobCopiesSwitch | undefined;
}

type CopiedBlob = BlobRecord & { readonly copy: Locator | undefined };

const lanes = 8;
const maxNamed = 1000;

export class StorageCopy {
  readonly #parts: StorageCopyParts;
  readonly #options: StorageCopyOptions;
  readonly #total = { blobs: 0, bytes: 0 };
  readonly #copied = { blobs: 0, bytes: 0 };
  readonly #already = { blobs: 0, bytes: 0 };
  readonly #brokenBlobs: { digest: Digest; reason: string }[] = [];
  #broken = 0;
  #movedBytes = 0;

  constructor(parts: StorageCopyParts, options: StorageCopyOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * To be called once. Goes on where a run before left off.
   * @throws whatever either store or the database throws; a blob that can't be read is in the report instead
   */
  async run(): Promise<StorageCopyReport> {
    await Promise.all([this.#parts.source.ping(), this.#parts.target.ping()]);
    for await (const { size } of this.#blobs()) {
      this.#total.blobs += 1;
      this.#total.bytes += size;
    }
    await inParallel(this.#blobs(), lanes, (blob) => this.#bring(blob));
    const { blobs, bytes } = this.#total;
    return {
      ...{ blobs, bytes },
      copied: this.#copied.blobs,
      copiedBytes: this.#copied.bytes,
      already: this.#already.blobs,
      broken: this.#broken,
      brokenBlobs: this.#brokenBlobs,
      switched: await this.#switch(),
    };
  }

  #blobs(): AsyncIterable<CopiedBlob> {
    const { metadata, targetName } = this.#parts;
    return toTheEnd((page) => metadata.blobCopies.list(targetName, page), this.#options.signal);
  }

  async #bring(blob: CopiedBlob): Promise<void> {
    this.#options.signal.throwIfAborted();
    // what was noted may have been removed since: nothing is switched to that was not seen
    const noted = blob.copy !== undefined && (await this.#parts.target.stat(blob.copy));
    if (noted && noted.size === blob.size) return this.#done(this.#already, blob);
    const reason = await this.#copy(blob);
    if (reason === undefined) this.#done(this.#copied, blob);
    else await this.#judge(blob, reason);
  }

  /** Gives what is wrong with the original, if anything is. */
  async #copy({ digest, locator, size }: BlobRecord): Promise<string | undefined> {
    const { source, target, targetName, metadata } = this.#parts;
    const body = await source.read(locator);
    if (body === undefined) return "its bytes are not there";
    if (body.size !== size) {
      await body.close();
      return `it has ${body.size} bytes instead of ${size}`;
    }
    const session = await target.startUpload({ algorithms: [algorithmOf(digest)] });
    const moved = { bytes: 0 };
    const bytes = Readable.from(this.#counted(body.stream(), moved), { objectMode: false });
    try {
      await session.append(bytes, 0, { signal: this.#options.signal, promisedBytes: size, closing: true });
      const copy = await session.commit(digest);
      await metadata.blobCopies.add(targetName, digest, copy.locator);
      return undefined;
    } catch (error) {
      this.#movedBytes -= moved.bytes;
      await session.abort();
      this.#options.signal.throwIfAborted();
      if (isStorageError(error, "digest")) return "its bytes have another digest";
      if (isStorageError(error, "interrupted") || isStorageError(error, "length")) {
        return `it can't be read: ${messageOf(error.cause ?? error)}`;
      }
      throw error;
    } finally {
      bytes.destroy();
    }
  }

  async *#counted(bytes: AsyncIterable<Buffer>, moved: { bytes: number }): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      moved.bytes += chunk.length;
      this.#movedBytes += chunk.length;
      this.#tell();
      yield chunk;
    }
  }

  /** A blob is broken when the store is there and the row still says what could not be confirmed. */
  async #judge({ digest, locator }: BlobRecord, reason: string): Promise<void> {
    const { source, metadata } = this.#parts;
    await source.ping();
    const current = await metadata.blobLinks.locate(digest);
    if (current?.locator !== locator) return;
    this.#broken += 1;
    if (this.#brokenBlobs.length < maxNamed) this.#brokenBlobs.push({ digest, reason });
  }

  async #switch(): Promise<BlobCopiesSwitch | undefined> {
    const { switchOver, leaveBroken, signal } = this.#options;
    if (!switchOver || (this.#broken > 0 && !leaveBroken)) return undefined;
    signal.throwIfAborted();
    const { metadata, targetName, now } = this.#parts;
    return metadata.blobCopies.switchTo(targetName, { leaveUncopied: leaveBroken, now: now() });
  }

  #done(count: { blobs: number; bytes: number }, { size }: BlobRecord): void {
    count.blobs += 1;
    count.bytes += size;
    this.#tell();
  }

  #tell(): void {
    this.#options.onProgress?.({
      blobs: this.#already.blobs + this.#copied.blobs,
      totalBlobs: this.#total.blobs,
      bytes: this.#already.bytes + this.#movedBytes,
      totalBytes: this.#total.bytes,
      movedBytes: this.#movedBytes,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
