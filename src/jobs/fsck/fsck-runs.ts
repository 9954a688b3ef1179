// Checks that are begun through the API: one at a time over all processes, in the background, with a report that every
// process can tell. (`berth fsck` checks by itself; two checks at once harm nothing, and read twice.)
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { Fsck, type FsckOptions, type FsckParts } from "./fsck.ts";
import { FsckReport, type FindingKind, type FsckSummary } from "./fsck-report.ts";

export interface FsckRunsParts extends FsckParts {
  readonly metadata: MetadataStore;
  readonly newId: () => string;
  readonly onEnd?: (counts: Readonly<Record<FindingKind, number>>) => void;
  readonly onRead?: (bytes: number) => void;
}

export type WantedFsck = Pick<FsckOptions, "repair" | "digests" | "bytesPerSecond">;

/** Times are milliseconds since 1970. */
export interface FsckRecord extends FsckSummary {
  readonly startedAt: number;
  /** undefined while it goes on, and of one that died. */
  readonly endedAt: number | undefined;
  readonly error: string | undefined;
}

export interface FsckRunsStatus {
  readonly running: boolean;
  /** Of the check that goes on, or of the last one; undefined before the first. */
  readonly last: FsckRecord | undefined;
}

export const fsckJob = "fsck";
/** A process that died keeps others waiting for so long. */
const leaseMilliseconds = 15_000;
const renewMilliseconds = 3000;
/** Objects younger than this may be waiting for their row. */
const graceSeconds = 86_400;

export class FsckRuns {
  readonly #parts: FsckRunsParts;

  constructor(parts: FsckRunsParts) {
    this.#parts = parts;
  }

  async status(): Promise<FsckRunsStatus> {
    const record = await this.#parts.metadata.jobLeases.find(fsckJob);
    const last = record?.report === undefined ? undefined : (JSON.parse(record.report) as FsckRecord);
    return { running: (record?.until ?? 0) > this.#parts.now(), last };
  }

  /**
   * Begins a check, unless one goes on in whatever process: then undefined. What it gives runs the check to its end, and
   * never fails: what went wrong is in the record.
   */
  async begin(wanted: WantedFsck): Promise<((signal: AbortSignal) => Promise<FsckRecord>) | undefined> {
    const { metadata, now, newId } = this.#parts;
    const holder = newId();
    const startedAt = now();
    if (!(await metadata.jobLeases.take(fsckJob, holder, startedAt + leaseMilliseconds, startedAt)))
      return undefined;
    // so that the check before is not told as this one
    const nothing = { startedAt, endedAt: undefined, error: undefined, ...new FsckReport().summary() };
    await this.#save(holder, nothing, startedAt + leaseMilliseconds);
    return (signal) => this.#run(wanted, holder, startedAt, signal);
  }

  async #run(
    wanted: WantedFsck,
    holder: string,
    startedAt: number,
    signal: AbortSignal,
  ): Promise<FsckRecord> {
    const { now, onRead, onEnd } = this.#parts;
    const lost = new AbortController();
    let readBytes = 0;
    const onProgress = (progress: { readonly readBytes: number }): void => {
      onRead?.(progress.readBytes - readBytes);
      ({ readBytes } = progress);
    };
    const ends = AbortSignal.any([signal, lost.signal]);
    const fsck = new Fsck(this.#parts, { ...wanted, graceSeconds, signal: ends, onProgress });
    const recordOf = (endedAt?: number, error?: string): FsckRecord => ({
      ...{ startedAt, endedAt, error },
      ...fsck.report.summary(),
    });
    const renew = setInterval(() => {
      this.#save(holder, recordOf(), now() + leaseMilliseconds).then(
        (kept) => kept || lost.abort(new Error("another process took the check over")),
        () => undefined,
      );
    }, renewMilliseconds);
    const error = await fsck.run().then(
      () => undefined,
      (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
    );
    clearInterval(renew);
    const record = recordOf(now(), error);
    onEnd?.(record.counts);
    await this.#save(holder, record, undefined).catch(() => false);
    return record;
  }

  #save(holder: string, record: FsckRecord, until: number | undefined): Promise<boolean> {
    const progress = { report: JSON.stringify(record), until };
    return this.#parts.metadata.jobLeases.save(fsckJob, holder, progress);
  }
}
