// Applies the policies of retention: by itself from time to time, by hand, and on request; what it would do and what it
// did are asked here, too. What it deletes goes by the collector.
import type { Job } from "./job.ts";
import { planRetention, type RepositoryPlan } from "./retention-plan.ts";
import { parseRetentionReport, type RetentionReport } from "./retention-report.ts";
import { retentionJob, RetentionRun, type RetentionParts } from "./retention-run.ts";

export interface RetentionKeeperParts extends RetentionParts {
  readonly everySeconds: number;
  /** How many there are. */
  readonly policies: number;
}

export interface RetentionStatus {
  readonly policies: number;
  readonly running: boolean;
  /** Of the run that goes on, or of the last one; undefined before the first. */
  readonly report: RetentionReport | undefined;
}

export class RetentionKeeper implements Job {
  readonly name = retentionJob;
  readonly everySeconds: number;
  readonly #parts: RetentionKeeperParts;

  constructor(parts: RetentionKeeperParts) {
    this.#parts = parts;
    this.everySeconds = parts.everySeconds;
  }

  /** Goes on where the last run ended, to the end, unless another run goes on. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#parts.policies === 0) return;
    await (await this.begin())?.toTheEnd(signal, { resume: true });
  }

  /** undefined while another run goes on, in whatever process. */
  begin(): Promise<RetentionRun | undefined> {
    return RetentionRun.begin(this.#parts);
  }

  /** Exactly what a run would do now. */
  plan(repository?: string): AsyncIterable<RepositoryPlan> {
    return planRetention(this.#parts, { now: this.#parts.now(), repository });
  }

  async status(): Promise<RetentionStatus> {
    const { metadata, now, policies } = this.#parts;
    const record = await metadata.jobLeases.find(retentionJob);
    const running = (record?.until ?? 0) > now();
    return { policies, running, report: parseRetentionReport(record?.report) };
  }
}
