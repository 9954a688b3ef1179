// Reads all blobs again and again, slowly, and compares them with their digests: disks forget without a word. One process
// at a time; where it is stands with its lease, so that a restart, or another process, goes on there.
//
//   lease ──▶ blob by blob, in the order of digests ──▶ (damaged: mend-blob.ts, and a line that says what to do) ──▶ end
//                  └── every few seconds the place is kept and the lease renewed
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import type { Digest } from "../../../storage/digest.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import type { StoredBlobRecord } from "../../../storage/metadata/records.ts";
import { ByteRate, type ByteRateParts } from "../byte-rate.ts";
import { belongTogether } from "../fsck/belong-together.ts";
import { BlobExaminer, type Damage } from "../fsck/examine-blob.ts";
import { BlobMender, type Mended, type MenderParts } from "../fsck/mend-blob.ts";
import type { Job } from "../job.ts";
import { nothingScrubbed, parseScrubReport, type ScrubReport } from "./scrub-report.ts";

export interface ScrubParts extends MenderParts, Pick<ByteRateParts, "pause"> {
  readonly blobStore: Pick<BlobStore, "stat" | "read" | "quarantine" | "ping">;
  readonly metadata: Pick<MetadataStore, "storedBlobs" | "blobLinks" | "integrity" | "jobLeases">;
  readonly bytesPerSecond: number;
  /** From the begin of a pass to that of the next. */
  readonly everyDays: number;
  readonly newId: () => string;
  readonly onRead?: (bytes: number) => void;
  readonly onDamaged: (blob: StoredBlobRecord, damage: Damage, mended: Mended) => void;
  /** A blob that can't be read now, for a reason that is not the blob's: it is passed over until the next pass. */
  readonly onProblem: (error: unknown, blob: StoredBlobRecord) => void;
}

export const scrubJob = "scrub";
const day = 86_400_000;
/** A process that died keeps others waiting for so long. */
const leaseMilliseconds = 60_000;
const saveMilliseconds = 5000;
const pageRows = 100;

export class Scrub implements Job {
  readonly name = scrubJob;
  readonly everySeconds = 60;
  readonly #parts: ScrubParts;

  constructor(parts: ScrubParts) {
    this.#parts = parts;
  }

  async status(): Promise<ScrubReport> {
    return parseScrubReport((await this.#parts.metadata.jobLeases.find(scrubJob))?.report);
  }

  /** Goes on with a pass, or begins one when it is time, unless another process does. */
  async run(signal: AbortSignal): Promise<void> {
    const { metadata, now, newId, everyDays } = this.#parts;
    if (!isDue(await this.status(), now(), everyDays)) return;
    const holder = newId();
    const taken = await metadata.jobLeases.take(scrubJob, holder, now() + leaseMilliseconds, now());
    if (!taken) return;
    const pass = new ScrubPass(this.#parts, holder, await this.status(), signal);
    await pass.run();
  }
}

function isDue({ startedAt, endedAt }: ScrubReport, now: number, everyDays: number): boolean {
  return startedAt === undefined || endedAt === undefined || now >= startedAt + everyDays * day;
}

/** One process's share of a pass. */
class ScrubPass {
  readonly #parts: ScrubParts;
  readonly #holder: string;
  readonly #signal: AbortSignal;
  readonly #lost = new AbortController();
  readonly #examiner: BlobExaminer;
  readonly #mender: BlobMender;
  #report: ScrubReport;
  #savedAt: number;
  #isOurs: boolean | undefined;

  constructor(parts: ScrubParts, holder: string, last: ScrubReport, signal: AbortSignal) {
    const now = parts.now();
    this.#parts = parts;
    this.#holder = holder;
    this.#signal = AbortSignal.any([signal, this.#lost.signal]);
    const goesOn = last.startedAt !== undefined && last.endedAt === undefined;
    const fresh = { startedAt: now, endedAt: undefined, position: undefined, scrubbed: nothingScrubbed };
    this.#report = goesOn ? last : { ...last, ...fresh };
    this.#savedAt = now;
    this.#mender = new BlobMender(parts);
    this.#examiner = new BlobExaminer({
      blobStore: parts.blobStore,
      rate: new ByteRate(parts),
      signal: this.#signal,
      onRead: async (bytes) => {
        parts.onRead?.(bytes);
        await this.#saveNowAndThen();
      },
    });
  }

  async run(): Promise<void> {
    const { metadata, now } = this.#parts;
    try {
      for (let more = true; more;) {
        const { position: after } = this.#report;
        const page = { limit: pageRows, ...(after !== undefined && { after }) };
        const rows = await metadata.storedBlobs.list(page);
        for (const row of rows.entries) await this.#scrub(row);
        ({ more } = rows);
      }
      const at = now();
      this.#report = { ...this.#report, endedAt: at, position: undefined, lastPassAt: at };
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      if (!this.#lost.signal.aborted) await this.#save(undefined);
    }
  }

  async #scrub(row: StoredBlobRecord): Promise<void> {
    this.#signal.throwIfAborted();
    const damaged = row.state === "present" && (await this.#isDamaged(row));
    const { blobs, bytes, damaged: count } = this.#report.scrubbed;
    const scrubbed = { blobs: blobs + 1, bytes: bytes + row.size, damaged: count + (damaged ? 1 : 0) };
    this.#report = { ...this.#report, position: row.digest, scrubbed };
    await this.#saveNowAndThen();
  }

  async #isDamaged(row: StoredBlobRecord): Promise<boolean> {
    const { blobStore, onDamaged, onProblem } = this.#parts;
    try {
      const damage = await this.#examiner.read(row);
      if (damage === undefined || !(await this.#belongTogether())) return false;
      const mended = await this.#mender.mend(row, damage);
      if (mended !== undefined) onDamaged(row, damage, mended);
      return mended !== undefined;
    } catch (error) {
      this.#signal.throwIfAborted();
      // a store that is away is a matter of its own: the pass goes on here when it is back
      await blobStore.ping();
      onProblem(error, row);
      return false;
    }
  }

  /** Asked once, and only when it matters. */
  async #belongTogether(): Promise<boolean> {
    return (this.#isOurs ??= await belongTogether(this.#parts, this.#signal));
  }

  async #saveNowAndThen(): Promise<void> {
    const now = this.#parts.now();
    if (now - this.#savedAt < saveMilliseconds) return;
    this.#savedAt = now;
    if (await this.#save(now + leaseMilliseconds)) return;
    this.#lost.abort(new Error("another process goes on with the scrub"));
    this.#signal.throwIfAborted();
  }

  #save(until: number | undefined): Promise<boolean> {
    const progress = { report: JSON.stringify(this.#report), until };
    return this.#parts.metadata.jobLeases.save(scrubJob, this.#holder, progress);
  }
}

/** What to do about a damaged blob, in a sentence. */
export function adviceFor(digest: Digest, { repositories, quarantined, refetched }: Mended): string {
  const kept = quarantined === undefined ? "" : `; its bytes are kept at ${quarantined}`;
  if (refetched) return `it was fetched again from upstream${kept}`;
  const names = repositories.length === 0 ? "any repository" : repositories.join(", ");
  return `it answers 404 until ${digest} is pushed again to ${names}, or pulled through a mirror of it${kept}`;
}
