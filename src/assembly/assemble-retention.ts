// Retention's side of the composition: what is noted of pulls, and the policies that go by it.
import { randomUUID } from "node:crypto";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Config } from "../config/load-config.ts";
import type { RetentionAdmin } from "../http/admin/retention-admin.ts";
import type { Job } from "../jobs/job.ts";
import type { RetainedAmount } from "../jobs/retention-report.ts";
import { RetentionKeeper } from "../jobs/retention-keeper.ts";
import type { RetentionMetrics } from "../observability/retention-metrics.ts";
import type { Logger } from "../observability/logger.ts";
import { retentionBy } from "../policies/retention.ts";
import { PullNotes, type Pull } from "../registry/pull-notes.ts";
import { pause } from "./assemble-collector.ts";
import { exemptionsOf, retentionPolicies } from "./retention-policies.ts";

export interface RetentionSideParts {
  readonly metadata: MetadataStore;
  readonly metrics: RetentionMetrics;
  readonly logger: Pick<Logger, "error" | "warn">;
  readonly now: () => number;
}

export interface RetentionSide {
  readonly jobs: readonly Job[];
  readonly admin: RetentionAdmin;
  /** Notes a pull of what was pushed. */
  readonly pulled: (pull: Pull) => void;
  /** Ends a run that was begun through `admin`, and writes the notes that are left. */
  close(): Promise<void>;
}

/** At most one write for an image within this time. */
const noteStepSeconds = 300;
/** What nobody pulled after it is written so late, at most. */
const flushSeconds = 10;

export function assembleRetention(config: Config, parts: RetentionSideParts): RetentionSide {
  const { metadata, metrics, logger, now } = parts;
  const notes = new PullNotes({
    write: (pulled, at) => metadata.retention.notePulls(pulled, at),
    stepSeconds: () => noteStepSeconds,
    onProblem: (error, what) => logger.warn({ err: error }, what),
    now,
  });
  const keeper = openRetention(config, {
    ...{ metadata, now },
    flushPulls: () => notes.flush(),
    onRetained: (amount) => metrics.retained(amount),
  });
  metrics.watch(async () => {
    const { report } = await keeper.status();
    return { lastRunAt: report?.endedAt, lastErrorAt: report?.lastError?.at };
  });
  const { admin, close } = retentionAdmin(keeper, logger);
  const flush: Job = {
    ...{ name: "pull-notes", everySeconds: flushSeconds, inEachProcess: true },
    run: () => notes.flush(),
  };
  return {
    jobs: [flush, keeper],
    admin,
    pulled: (pull) => notes.add(pull),
    close: async () => {
      await close();
      // What is left to close is worth more than the last notes.
      await notes.flush().catch((err: unknown) => logger.warn({ err }, "what was pulled could not be noted"));
    },
  };
}

export interface OpenRetentionParts {
  readonly metadata: MetadataStore;
  readonly flushPulls: () => Promise<void>;
  readonly now: () => number;
  readonly onRetained?: (amount: Partial<RetainedAmount>) => void;
}

/** As a server and the command line have it. */
export function openRetention(config: Config, parts: OpenRetentionParts): RetentionKeeper {
  const policies = retentionPolicies(config);
  const { everySeconds, rowsPerSecond } = config.retention;
  return new RetentionKeeper({
    ...parts,
    ...{ everySeconds, rowsPerSecond, pause, newId: randomUUID, policies: policies.length },
    retention: retentionBy(policies),
    exemptions: () => exemptionsOf(config, parts.metadata),
  });
}

export function retentionAdmin(
  keeper: RetentionKeeper,
  logger: Pick<Logger, "error">,
): Pick<RetentionSide, "admin" | "close"> {
  const stop = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const start: RetentionAdmin["start"] = async (options) => {
    const run = stop.signal.aborted ? undefined : await keeper.begin();
    if (run === undefined) return;
    running = run.toTheEnd(stop.signal, options).catch((error: unknown) => {
      logger.error({ err: error, job: keeper.name }, "a run of retention failed; the next goes on");
    });
  };
  return {
    admin: { start, status: () => keeper.status(), plan: (repository) => keeper.plan(repository) },
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
