// Is all of it there, and right? Finds what is not, and mends it where it may, while the registry serves and collects.
//
//   object without a row ──▶ delete queue   rows and queue change in one transaction, so a row that comes takes it back
//   row without its bytes, or with others ──▶ damaged, the bytes kept apart (mend-blob.ts)
//   damaged row whose bytes are back ──▶ present
//   manifest of other bytes ──▶ damaged; figures and hints ──▶ set right (check-records.ts)
//   forgotten upload ──▶ removed
//
// No list is held: objects are looked up among the rows by the batch, rows one by one in the store. What is found is
// asked of the database once more, in the step that changes it: an object goes after its row, never before.
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import type { StoredObject } from "../../../storage/blobs/stored-object.ts";
import type { Digest } from "../../../storage/digest.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import type { StoredBlobRecord } from "../../../storage/metadata/records.ts";
import { batchesOf } from "../batches-of.ts";
import { ByteRate, type ByteRateParts } from "../byte-rate.ts";
import { inParallel } from "../in-parallel.ts";
import { toTheEnd } from "../to-the-end.ts";
import { belongTogether } from "./belong-together.ts";
import { checkRecords } from "./check-records.ts";
import { BlobExaminer, type Damage } from "./examine-blob.ts";
import { FsckReport, type FsckProgress } from "./fsck-report.ts";
import { BlobMender } from "./mend-blob.ts";

export interface FsckParts extends Pick<ByteRateParts, "now" | "pause"> {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  /** How long an upload session lives that nobody continues. */
  readonly expirySeconds: number;
  /** How long the bytes of what nobody has stay for those who read them. */
  readonly readingGraceMilliseconds: number;
  /** Fetches what a mirrored repository lost; false when it can't be had now. Absent where nobody serves. */
  readonly refetch?: ((repository: string, digest: Digest) => Promise<boolean>) | undefined;
}

export interface FsckOptions {
  /** Mends what is found; without it the check only looks. */
  readonly repair: boolean;
  /** Reads all bytes; without it existence and size are enough. */
  readonly digests?: boolean;
  /** Of reading; undefined: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  /** Objects younger than this may be waiting for their row. */
  readonly graceSeconds: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FsckProgress) => void;
}

const batch = 500;
/** What mostly waits for another machine, and what is hashed on this one. */
const lanes = { looking: 16, reading: 4 };
/** How long an object may still turn out to be somebody's: a push may be in between its bytes and its row. */
const queueSeconds = 3600;
/** Beyond the expiry, before an upload without a row counts as left behind. */
const straySeconds = 86_400;

export class Fsck {
  readonly #parts: FsckParts;
  readonly #options: FsckOptions;
  readonly #report: FsckReport;
  readonly #examiner: BlobExaminer;
  readonly #mender: BlobMender;

  constructor(parts: FsckParts, options: FsckOptions) {
    const { blobStore, now, pause } = parts;
    const { bytesPerSecond, signal, onProgress } = options;
    this.#parts = parts;
    this.#options = options;
    const report = new FsckReport(onProgress);
    this.#report = report;
    const rate = new ByteRate({ bytesPerSecond, now, pause });
    this.#examiner = new BlobExaminer({ blobStore, rate, signal, onRead: (bytes) => report.read(bytes) });
    this.#mender = new BlobMender(parts);
  }

  get report(): FsckReport {
    return this.#report;
  }

  /** To be called once. A kill at any moment harms nothing, and the next run finds the rest. */
  async run(): Promise<FsckReport> {
    const { repair, digests = false, signal } = this.#options;
    const { metadata, blobStore, now, readingGraceMilliseconds } = this.#parts;
    const report = this.#report;
    await blobStore.ping();
    report.repaired = repair && (await belongTogether(this.#parts, signal));
    for await (const objects of batchesOf(blobStore.list(signal), batch)) await this.#checkObjects(objects);
    const rows = toTheEnd((page) => metadata.storedBlobs.list(page), signal);
    await inParallel(rows, digests ? lanes.reading : lanes.looking, (row) => this.#checkRow(row));
    const { repaired } = report;
    await checkRecords({ metadata, report, repair: repaired, signal, now, readingGraceMilliseconds });
    if (repaired) await this.#removeStaleUploads();
    for await (const { size } of blobStore.listQuarantine(signal)) {
      const { objects, bytes } = report.quarantined;
      report.quarantined = { objects: objects + 1, bytes: bytes + size };
    }
    return report;
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
    await inParallel(objects, lanes.looking, async (object) => {
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

  async #checkRow(row: StoredBlobRecord): Promise<void> {
    this.#options.signal.throwIfAborted();
    this.#report.sawBlob(row.state);
    if (row.state === "damaged") await this.#checkDamaged(row);
    if (row.state !== "present") return;
    const reads = this.#options.digests === true;
    const damage = await (reads ? this.#examiner.read(row) : this.#examiner.look(row));
    if (damage !== undefined) await this.#found(row, damage);
  }

  async #found(row: StoredBlobRecord, damage: Damage): Promise<void> {
    const { digest, locator, size } = row;
    // what was pushed again or removed meanwhile has another row by now, or none
    const mended = this.#report.repaired
      ? await this.#mender.mend(row, damage)
      : await this.#mender.concerned(row);
    if (mended !== undefined) this.#report.add({ ...damage, digest, locator, size, ...mended });
  }

  /** Its bytes may be back, from a backup or because a volume was away; or what a kill left is still to be moved. */
  async #checkDamaged(row: StoredBlobRecord): Promise<void> {
    const { digest, locator, size } = row;
    const damage = await this.#examiner.read(row);
    const { repaired } = this.#report;
    if (damage === undefined) {
      const recovered = !repaired || (await this.#parts.metadata.blobLinks.markSound(digest, locator));
      if (recovered) this.#report.add({ kind: "recovered", digest, locator, size });
      if (repaired && recovered) this.#report.damaged -= 1;
    } else if (repaired && damage.kind !== "missing") await this.#mender.setApart(row);
  }

  async #removeStaleUploads(): Promise<void> {
    const { blobStore, expirySeconds, now } = this.#parts;
    const before = new Date(now() - (expirySeconds + straySeconds) * 1000);
    this.#report.staleUploads = await blobStore.removeStaleUploads(before, this.#options.signal);
  }
}
