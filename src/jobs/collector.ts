// Collects what nobody needs any more: by itself from time to time, by hand, and on request; what it would remove and
// what it did are asked here, too. The bytes follow by discarded-objects.ts.
import type { GarbagePage, PendingGarbage } from "../../storage/metadata/garbage-store.ts";
import { parseReport, type CollectionReport } from "./collection-report.ts";
import { collectorJob, CollectionRun, type CollectionParts } from "./collection-run.ts";
import type { Job } from "./job.ts";

export interface CollectorParts extends CollectionParts {
  readonly everySeconds: number;
}

export interface CollectorStatus {
  readonly running: boolean;
  /** Of the run that goes on, or of the last one; undefined before the first. */
  readonly report: CollectionReport | undefined;
  readonly pending: PendingGarbage;
}

/** Hints that are looked at to say what is pending: enough for exact figures, but after very large deletes. */
const pendingHints = 5000;

export class Collector implements Job {
  readonly name = collectorJob;
  readonly everySeconds: number;
  readonly #parts: CollectorParts;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    this.everySeconds = parts.everySeconds;
  }

  /** Collects to the end, unless another run goes on. */
  async run(signal: AbortSignal): Promise<void> {
    await (await this.begin())?.toTheEnd(signal);
  }

  /** undefined while another run goes on, in whatever process. */
  begin(): Promise<CollectionRun | undefined> {
    return CollectionRun.begin(this.#parts);
  }

  /** Exactly what a run would remove now. */
  plan(): AsyncIterable<GarbagePage> {
    const { metadata, settings, now } = this.#parts;
    return metadata.garbage.plan(now() - settings.graceSeconds * 1000);
  }

  async status(): Promise<CollectorStatus> {
    const { metadata, settings, now } = this.#parts;
    const pendingOptions = { graceMilliseconds: settings.graceSeconds * 1000, limit: pendingHints };
    const [record, pending] = await Promise.all([
      metadata.jobLeases.find(collectorJob),
      metadata.garbage.pending(pendingOptions),
    ]);
    return { running: (record?.until ?? 0) > now(), report: parseReport(record?.report), pending };
  }
}
