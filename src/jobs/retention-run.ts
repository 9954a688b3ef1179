// One run of retention, from the lease to its end: repository after repository is judged, and what goes is deleted in
// short transactions, each of which looks once more whether it is as it was judged. It may end, or be killed, between
// any two; the next scheduled run goes on behind the last repository that was gone through.
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Decision } from "../policies/retention.ts";
import { planRetention, type PlanParts, type RepositoryPlan } from "./retention-plan.ts";
import {
  nothingRetained,
  parseRetentionReport,
  retentionReportText,
  sumOfRetained,
  type RetainedAmount,
  type RetentionReport,
} from "./retention-report.ts";

export interface RetentionParts extends PlanParts {
  readonly metadata: Pick<MetadataStore, "retention" | "repositories" | "jobLeases">;
  readonly rowsPerSecond: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Resolves after so long, or at once when the signal fires. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Told what each step took. */
  readonly onRetained?: (amount: Partial<RetainedAmount>) => void;
}

export interface RetentionOptions {
  /** Only this one, if a policy is about it. */
  readonly repository?: string | undefined;
  /** Goes on where the last run ended early. */
  readonly resume?: boolean;
  /** Told what was done in each repository. */
  readonly onRepository?: (done: RepositoryPlan) => void;
  readonly onProgress?: (report: RetentionReport) => void;
}

/** What the lease is called. */
export const retentionJob = "retention";
/** The rule that keeps what was pushed, pulled or otherwise changed after it was judged. */
export const changedMeanwhile = "changed";
/** The rule that keeps what the run did not come to. */
const notReached = "ended";
/** A process that died keeps others waiting for so long. */
const leaseMilliseconds = 15_000;
const renewMilliseconds = 5000;
const stepRows = 100;

export class RetentionRun {
  readonly #parts: RetentionParts;
  readonly #holder: string;
  readonly #last: RetentionReport | undefined;
  #report: RetentionReport;
  #savedAt: number;
  /** Which repository is judged, or worked on. */
  #current: string | undefined;
  /** Fires when this process was stopped for so long that another run went on. */
  readonly #lost = new AbortController();

  private constructor(parts: RetentionParts, holder: string, last: RetentionReport | undefined) {
    const now = parts.now();
    this.#parts = parts;
    this.#holder = holder;
    this.#last = last;
    this.#savedAt = now;
    this.#report = {
      ...{ startedAt: now, endedAt: undefined, done: nothingRetained, after: undefined },
      ...{ total: last?.total ?? nothingRetained, lastError: last?.lastError },
    };
  }

  /** undefined while another run goes on, in whatever process. */
  static async begin(parts: RetentionParts): Promise<RetentionRun | undefined> {
    const { metadata, now, newId } = parts;
    const holder = newId();
    const until = now() + leaseMilliseconds;
    if (!(await metadata.jobLeases.take(retentionJob, holder, until, now()))) return undefined;
    const record = await metadata.jobLeases.find(retentionJob);
    return new RetentionRun(parts, holder, parseRetentionReport(record?.report));
  }

  /** Ends early, in order, when the signal fires. To be called once. */
  async toTheEnd(signal: AbortSignal, options: RetentionOptions = {}): Promise<RetentionReport> {
    try {
      await this.#repositories(signal, options);
    } catch (error) {
      await this.#fail(error, options);
      throw error;
    }
    if (this.#lost.signal.aborted) throw new Error("another run went on while this one was stopped");
    const isThrough = !signal.aborted && options.repository === undefined;
    if (isThrough) this.#report = { ...this.#report, after: undefined };
    await this.#end(signal.aborted ? this.#report.lastError : undefined);
    return this.#report;
  }

  /** The next run goes on behind the repository that failed, so that it holds up no other for ever. */
  async #fail(error: unknown, { repository }: RetentionOptions): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const current = this.#current;
    if (repository === undefined && current !== undefined) this.#report = { ...this.#report, after: current };
    const where = current === undefined ? "" : `${current}: `;
    await this.#end({ at: this.#parts.now(), message: where + message }).catch(() => undefined);
  }

  async #repositories(ended: AbortSignal, options: RetentionOptions): Promise<void> {
    const { repository, resume = false, onRepository, onProgress } = options;
    const signal = AbortSignal.any([ended, this.#lost.signal]);
    // a run of one repository leaves the others where they are, and so does one that dies in its first
    if (repository !== undefined || resume) this.#report = { ...this.#report, after: this.#last?.after };
    const plans = planRetention(this.#parts, {
      ...{ now: this.#report.startedAt, repository, after: resume ? this.#last?.after : undefined },
      ...{ signal, pace: (rows: number) => this.#rest(rows, signal) },
      onBegin: (begun) => void (this.#current = begun),
    });
    for await (const plan of plans) {
      const done = await this.#apply(plan, signal);
      onRepository?.(done);
      if (signal.aborted) return;
      this.#add({ repositories: 1 });
      if (repository === undefined) this.#report = { ...this.#report, after: plan.repository };
      onProgress?.(this.#report);
    }
  }

  /** Gives what was done, which is the plan but for what changed since. */
  async #apply(plan: RepositoryPlan, signal: AbortSignal): Promise<RepositoryPlan> {
    const { repository } = plan;
    const { exemptions, metadata } = this.#parts;
    const { retention } = metadata;
    const tags = await this.#steps(plan.tags, signal, async (judged) => {
      const { pinned } = await exemptions();
      const step = judged.filter(({ tag, digest }) => !pinned({ repository, digest, tags: [tag] }));
      const removal = { now: this.#parts.now(), by: `retention:${step[0]?.rule ?? ""}` };
      const expired = await retention.expireTags(repository, step, removal);
      this.#add({ tags: expired.length });
      const gone = new Set(expired);
      return ({ tag }) => gone.has(tag);
    });
    const untagged = await this.#steps(plan.untagged, signal, async (judged) => {
      const { pinned } = await exemptions();
      const step = judged.filter(({ digest }) => !pinned({ repository, digest, tags: [] }));
      const released = await retention.releaseUntagged(repository, step, this.#parts.now());
      this.#add({ manifests: released.length });
      const gone = new Set(released);
      return ({ digest }) => gone.has(digest);
    });
    return { repository, tags, untagged };
  }

  /** @param remove resolves with who was removed */
  async #steps<T extends Decision>(
    decisions: readonly T[],
    signal: AbortSignal,
    remove: (step: readonly T[]) => Promise<(one: T) => boolean>,
  ): Promise<T[]> {
    const toGo = decisions.filter(({ action }) => action === "delete");
    const staying = new Map(toGo.map((one) => [one, notReached]));
    for (let start = 0; start < toGo.length && !signal.aborted; start += stepRows) {
      const step = toGo.slice(start, start + stepRows);
      // whoever pulled one of them through this process since keeps it
      await this.#parts.flushPulls();
      const isGone = await remove(step);
      for (const one of step) {
        if (isGone(one)) staying.delete(one);
        else staying.set(one, changedMeanwhile);
      }
      await this.#rest(step.length, signal);
    }
    return decisions.map((one) => {
      const rule = staying.get(one);
      return rule === undefined ? one : { ...one, action: "keep", rule };
    });
  }

  /** Keeps the rate and, however slow that is, the lease. */
  async #rest(rows: number, signal: AbortSignal): Promise<void> {
    const { pause, rowsPerSecond } = this.#parts;
    let left = (rows / rowsPerSecond) * 1000;
    do {
      await this.#keepLease();
      await pause(Math.min(left, renewMilliseconds), signal);
      left -= renewMilliseconds;
    } while (left > 0 && !signal.aborted);
  }

  async #keepLease(): Promise<void> {
    const { now } = this.#parts;
    if (now() - this.#savedAt < renewMilliseconds) return;
    this.#savedAt = now();
    if (!(await this.#save(now() + leaseMilliseconds))) this.#lost.abort();
  }

  #add(amount: Partial<RetainedAmount>): void {
    const { done, total } = this.#report;
    this.#report = {
      ...this.#report,
      ...{ done: sumOfRetained(done, amount), total: sumOfRetained(total, amount) },
    };
    this.#parts.onRetained?.(amount);
  }

  async #end(lastError: RetentionReport["lastError"]): Promise<void> {
    this.#report = { ...this.#report, endedAt: this.#parts.now(), lastError };
    await this.#save(undefined);
  }

  #save(until: number | undefined): Promise<boolean> {
    const progress = { report: retentionReportText(this.#report), until };
    return this.#parts.metadata.jobLeases.save(retentionJob, this.#holder, progress);
  }
}
