// The collector's side of the composition: what is removed because nothing needs it, and the bytes that follow.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Config } from "../config/load-config.ts";
import type { CollectionAdmin } from "../http/admin/collection-admin.ts";
import type { CollectedAmount } from "../jobs/collection-report.ts";
import { Collector } from "../jobs/collector.ts";
import { DiscardedObjects } from "../jobs/discarded-objects.ts";
import type { Job } from "../jobs/job.ts";
import type { CollectorMetrics, PendingFigures } from "../observability/collector-metrics.ts";
import type { Logger } from "../observability/logger.ts";
import { readingGraceMilliseconds } from "./reading-grace.ts";

export interface CollectorSideParts {
  readonly metadata: MetadataStore;
  readonly blobStore: BlobStore;
  readonly metrics: CollectorMetrics;
  readonly logger: Pick<Logger, "error">;
  readonly now: () => number;
}

export interface CollectorSide {
  readonly jobs: readonly Job[];
  readonly admin: CollectionAdmin;
  /** Ends a run that was begun through `admin`. */
  close(): Promise<void>;
}

/** Figures of what is pending are looked up so often, at most. */
const figuresMilliseconds = 60_000;

export function assembleCollector(config: Config, parts: CollectorSideParts): CollectorSide {
  const { metadata, blobStore, metrics, now } = parts;
  const collector = openCollector(config, {
    metadata,
    now,
    onCollected: (amount) => metrics.collected(amount),
  });
  metrics.watch(remembered(() => pendingFigures(collector), now));
  return {
    jobs: [collector, new DiscardedObjects({ blobStore, metadata, everySeconds: 5, now })],
    ...collectionAdmin(collector, parts.logger),
  };
}

export interface OpenCollectorParts {
  readonly metadata: MetadataStore;
  readonly now: () => number;
  readonly onCollected?: (amount: CollectedAmount) => void;
}

/** As a server and the command line have it. */
export function openCollector(config: Config, parts: OpenCollectorParts): Collector {
  const { everySeconds, ...settings } = config.gc;
  return new Collector({
    ...parts,
    ...{ everySeconds, settings, newId: randomUUID, pause },
    readingGraceMilliseconds: readingGraceMilliseconds(config),
  });
}

export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

export function collectionAdmin(
  collector: Collector,
  logger: CollectorSideParts["logger"],
): Pick<CollectorSide, "admin" | "close"> {
  const stop = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const start: CollectionAdmin["start"] = async (options) => {
    const run = stop.signal.aborted ? undefined : await collector.begin();
    if (run === undefined) return;
    running = run.toTheEnd(stop.signal, options).catch((error: unknown) => {
      logger.error({ err: error, job: collector.name }, "a collection failed; the next goes on");
    });
  };
  return {
    admin: { start, status: () => collector.status(), plan: () => collector.plan() },
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function pendingFigures(collector: Collector): Promise<PendingFigures> {
  const { pending, report } = await collector.status();
  const { bytes, earliestAt } = pending;
  return { bytes, earliestAt, lastRunAt: report?.endedAt, lastErrorAt: report?.lastError?.at };
}

/** An answer serves for a while; one that failed does not. */
function remembered<T>(look: () => Promise<T>, now: () => number): () => Promise<T> {
  let last: { readonly until: number; readonly answer: Promise<T> } | undefined;
  return async () => {
    if (last === undefined || now() >= last.until) {
      last = { until: now() + figuresMilliseconds, answer: look() };
    }
    const asked = last;
    try {
      return await asked.answer;
    } catch (error) {
      if (last === asked) last = undefined;
      throw error;
    }
  };
}
