// One collection, from the lease to its end. Each step is a short transaction of its own, and what is left to do stands
// in the database: so it may end, or be killed, between any two, and the next run goes on.
//
//   lease ──▶ (relook, step by step) ──▶ manifests, step by step ──▶ links, step by step ──▶ lease given back
//                     after each step a pause: others write meanwhile, and the rate is kept
import type { GarbageStore } from "../../storage/metadata/garbage-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import {
  nothingCollected,
  parseReport,
  reportText,
  sumOf,
  type CollectedAmount,
  type CollectionReport,
} from "./collection-report.ts";

export interface CollectionParts {
  readonly metadata: Pick<MetadataStore, "garbage" | "jobLeases">;
  readonly settings: CollectionSettings;
  /** How long the bytes of what was collected stay for those who read them. */
  readonly readingGraceMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Resolves after so long, or at once when the signal fires. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Told what each step took. */
  readonly onCollected?: (amount: CollectedAmount) => void;
}

export interface CollectionSettings {
  readonly graceSeconds: number;
  readonly rowsPerSecond: number;
}

export interface CollectionOptions {
  /** Looks through everything for what no hint leads to, first. */
  readonly full?: boolean;
  readonly onProgress?: (report: CollectionReport) => void;
}

/** What the lease is called. */
export const collectorJob = "collector";
/** A process that died keeps others waiting for so long. */
const leaseMilliseconds = 15_000;
const renewMilliseconds = 5000;
const maxStepRows = 50;
const stepsPerSecond = 10;

export class CollectionRun {
  readonly #parts: CollectionParts;
  readonly #holder: string;
  readonly #before: number;
  readonly #totalBefore: CollectedAmount;
  #report: CollectionReport;
  #savedAt: number;

  private constructor(parts: CollectionParts, holder: string, last: CollectionReport | undefined) {
    const now = parts.now();
    this.#parts = parts;
    this.#holder = holder;
    this.#before = now - parts.settings.graceSeconds * 1000;
    this.#savedAt = now;
    this.#totalBefore = last?.total ?? nothingCollected;
    this.#report = {
      ...{ startedAt: now, endedAt: undefined, collected: nothingCollected },
      ...{ total: this.#totalBefore, lastError: last?.lastError },
    };
  }

  /** undefined while another run goes on, in whatever process. */
  static async begin(parts: CollectionParts): Promise<CollectionRun | undefined> {
    const { metadata, now, newId } = parts;
    const holder = newId();
    const until = now() + leaseMilliseconds;
    if (!(await metadata.jobLeases.take(collectorJob, holder, until, now()))) return undefined;
    const record = await metadata.jobLeases.find(collectorJob);
    return new CollectionRun(parts, holder, parseReport(record?.report));
  }

  /** Ends early, in order, when the signal fires. To be called once. */
  async toTheEnd(signal: AbortSignal, options: CollectionOptions = {}): Promise<CollectionReport> {
    try {
      if (options.full === true) await this.#relook(signal, options);
      await this.#steps(signal, options, (limit) => this.#collectManifests(limit));
      await this.#steps(signal, options, (limit) => this.#collectLinks(limit));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      await this.#end({ at: this.#parts.now(), message }).catch(() => undefined);
      throw error;
    }
    await this.#end(signal.aborted ? this.#report.lastError : undefined);
    return this.#report;
  }

  /** What a program that leaves no hints left behind is found so. */
  async #relook(signal: AbortSignal, options: CollectionOptions): Promise<void> {
    let after: string | undefined;
    await this.#steps(signal, options, async (limit) => {
      const now = this.#parts.now();
      const { looked, next } = await this.#garbage.relook({ after, limit, now, dueAt: this.#dueAt(now) });
      after = next;
      return { looked, more: next !== undefined };
    });
  }

  async #collectManifests(limit: number) {
    const { looked, collected, more } = await this.#garbage.collectManifests({ before: this.#before, limit });
    this.#add({ manifests: collected.length });
    return { looked, more };
  }

  async #collectLinks(limit: number) {
    const now = this.#parts.now();
    const step = { before: this.#before, limit, now, dueAt: this.#dueAt(now) };
    const { looked, more, ...amount } = await this.#garbage.collectLinks(step);
    this.#add(amount);
    return { looked, more };
  }

  /** The rate is kept, and nobody else gets less of the database than this does. */
  async #steps(
    signal: AbortSignal,
    { onProgress }: CollectionOptions,
    work: (limit: number) => Promise<{ readonly looked: number; readonly more: boolean }>,
  ): Promise<void> {
    const { now, pause, settings } = this.#parts;
    const limit = Math.min(maxStepRows, Math.ceil(settings.rowsPerSecond / stepsPerSecond));
    for (let goesOn = true; goesOn && !signal.aborted;) {
      const began = now();
      const { looked, more } = await work(limit);
      const took = now() - began;
      onProgress?.(this.#report);
      goesOn = more && (await this.#stillHasLease());
      if (goesOn) await pause(Math.max((looked / settings.rowsPerSecond) * 1000 - took, took), signal);
    }
  }

  #add(amount: Partial<CollectedAmount>): void {
    const collected = sumOf(this.#report.collected, amount);
    this.#report = { ...this.#report, collected, total: sumOf(this.#totalBefore, collected) };
    this.#parts.onCollected?.(sumOf(nothingCollected, amount));
  }

  /** False when this process was stopped for so long that another went on. */
  async #stillHasLease(): Promise<boolean> {
    const now = this.#parts.now();
    if (now - this.#savedAt < renewMilliseconds) return true;
    this.#savedAt = now;
    return this.#save(now + leaseMilliseconds);
  }

  async #end(lastError: CollectionReport["lastError"]): Promise<void> {
    this.#report = { ...this.#report, endedAt: this.#parts.now(), lastError };
    await this.#save(undefined);
  }

  #save(until: number | undefined): Promise<boolean> {
    const progress = { report: reportText(this.#report), until };
    return this.#parts.metadata.jobLeases.save(collectorJob, this.#holder, progress);
  }

  #dueAt(now: number): number {
    return now + this.#parts.readingGraceMilliseconds;
  }

  get #garbage(): GarbageStore {
    return this.#parts.metadata.garbage;
  }
}
