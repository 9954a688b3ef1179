// Do the rows and the objects agree? Finds what does not, and mends it where it may, while the registry serves.
//
//   object without a row ──▶ delete queue   rows and queue change in one transaction, so a row that comes takes it back
//   row without its bytes ─▶ damaged        absent from then on, and healed by the next push
//   forgotten upload ──────▶ removed
//
// Neither list is held: objects are looked up among the rows by the batch, rows one by one in the store.
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { StoredObject } from "../../storage/blobs/stored-object.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { StoredBlobRecord } from "../../storage/metadata/records.ts";
import { inParallel } from "./in-parallel.ts";
import { batchesOf } from "./batches-of.ts";
import { StorageCheckReport, type CheckProgress } from "./storage-check-report.ts";
import { toTheEnd } from "./to-the-end.ts";

export interface StorageCheckParts {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  /** How long an upload session lives that nobody continues. */
  readonly expirySeconds: number;
  readonly now: () => number;
}

export interface StorageCheckOptions {
  /** Mends what is found; without it the check only looks. */
  readonly repair: boolean;
  /** Objects younger than this may be waiting for their row. */
  readonly graceSeconds: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CheckProgress) => void;
}

const batch = 500;
const lanes = 16;
/** Rows that are looked at, at most, to see whether they and the store belong together. */
const sampleRows = 1000;
/** How long an object may still turn out to be somebody's: a push may be in between its bytes and its row. */
const queueSeconds = 3600;
/** Beyond the expiry, before an upload without a row counts as left behind. */
const straySeconds = 86_400;

export class StorageCheck {
  readonly #parts: StorageCheckParts;
  readonly #options: StorageCheckOptions;
  readonly #report: StorageCheckReport;

  constructor(parts: StorageCheckParts, options: StorageCheckOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#report = new StorageCheckReport(options.onProgress);
  }

  /** To be called once. */
  async run(): Promise<StorageCheckReport> {
    const { signal } = this.#options;
    const { metadata, blobStore } = this.#parts;
    await blobStore.ping();
    this.#report.repaired = this.#options.repair && (await this.#belongTogether());
    for await (const objects of batchesOf(blobStore.list(signal), batch)) await this.#checkObjects(objects);
    const rows = toTheEnd((page) => metadata.storedBlobs.list(page), signal);
    await inParallel(rows, lanes, (row) => this.#checkRow(row));
    if (this.#report.repaired) await this.#removeStaleUploads();
    return this.#report;
  }

  /**
   * Whether some blob of the database is in the store. Where none is, it is more likely that the wrong store was
   * named, or that a volume is not mounted, than that all is lost; and then everything would be an orphan.
   */
  async #belongTogether(): Promise<boolean> {
    const { blobStore, metadata } = this.#parts;
    let looks = sampleRows;
    for await (const row of toTheEnd((page) => metadata.storedBlobs.list(page), this.#options.signal)) {
      if (await blobStore.stat(row.locator)) return true;
      if (--looks === 0) return false;
    }
    return false;
  }

  async #checkObjects(objects: readonly StoredObject[]): Promise<void> {
    const { now } = this.#parts;
    const youngest = now() - this.#options.graceSeconds * 1000;
    for (const { size } of objects) this.#report.sawObject(size);
    const old = objects.filter(({ modifiedAt }) => modifiedAt.getTime() < youngest);
    const unknown = await this.#unknown(old);
    // asked once more: rows may have come, and objects gone, while this batch was looked at
    let orphans = await this.#unknown(await this.#present(unknown));
    if (this.#report.repaired) orphans = await this.#discard(orphans);
    for (const { locator, size } of orphans) this.#report.add({ kind: "orphan", locator, size });
  }

  async #present(objects: readonly StoredObject[]): Promise<StoredObject[]> {
    const present: StoredObject[] = [];
    await inParallel(objects, lanes, async (object) => {
      if (await this.#parts.blobStore.stat(object.locator)) present.push(object);
    });
    return present;
  }

  async #unknown(objects: readonly StoredObject[]): Promise<StoredObject[]> {
    if (objects.length === 0) return [];
    const { storedBlobs } = this.#parts.metadata;
    const known = new Set(await storedBlobs.findKnown(objects.map(({ locator }) => locator)));
    return objects.filter(({ locator }) => !known.has(locator));
  }

  /** Gives those that nobody turned out to need. */
  async #discard(orphans: readonly StoredObject[]): Promise<StoredObject[]> {
    const { metadata, now } = this.#parts;
    const at = now();
    const locators = orphans.map(({ locator }) => locator);
    const queued = new Set(await metadata.discardedObjects.add(locators, at, at + queueSeconds * 1000));
    return orphans.filter(({ locator }) => queued.has(locator));
  }

  async #checkRow({ digest, locator, size, state }: StoredBlobRecord): Promise<void> {
    this.#options.signal.throwIfAborted();
    this.#report.sawBlob(state);
    if (state !== "present") return;
    const { blobStore, metadata } = this.#parts;
    const stored = await blobStore.stat(locator);
    if (stored?.size === size) return;
    // what was pushed again or removed meanwhile has another row by now, or none
    const current = await metadata.blobLinks.locate(digest);
    if (current?.locator !== locator) return;
    if (this.#report.repaired) await metadata.blobLinks.markDamaged(digest, locator);
    if (stored === undefined) this.#report.add({ kind: "missing", digest, locator, size });
    else this.#report.add({ kind: "wrong-size", digest, locator, size, storedSize: stored.size });
  }

  async #removeStaleUploads(): Promise<void> {
    const { blobStore, expirySeconds, now } = this.#parts;
    const before = new Date(now() - (expirySeconds + straySeconds) * 1000);
    this.#report.staleUploads = await blobStore.removeStaleUploads(before, this.#options.signal);
  }
}
