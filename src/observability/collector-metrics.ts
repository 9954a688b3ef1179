// What the collector counts (REQ-5, REQ-6): what it removed in this process, and what is still to go in all of them.
import { Counter, type Registry } from "prom-client";
import { timestamp, watchGauges, type WatchedGauge } from "./watched-gauges.ts";

export interface CollectorMetrics {
  /** A step of a collection removed so much. */
  collected(amount: {
    readonly manifests: number;
    readonly links: number;
    readonly blobs: number;
    readonly bytes: number;
  }): void;
  /** Asked at each scrape, several times. */
  watch(look: () => Promise<PendingFigures>): void;
}

/** Times are milliseconds since 1970. */
export interface PendingFigures {
  readonly bytes: number;
  readonly earliestAt: number | undefined;
  readonly lastRunAt: number | undefined;
  readonly lastErrorAt: number | undefined;
}

export function collectorMetrics(registry: Registry): CollectorMetrics {
  const registers = [registry];
  const collected = new Counter({
    name: "berth_gc_collected_total",
    help: "What was removed because nothing needed it, by kind: manifest, link (of a repository to a blob), blob.",
    labelNames: ["kind"],
    registers,
  });
  const collectedBytes = new Counter({
    name: "berth_gc_collected_bytes_total",
    help: "Of blobs that were removed.",
    registers,
  });
  return {
    collected: ({ manifests, links, blobs, bytes }) => {
      collected.inc({ kind: "manifest" }, manifests);
      collected.inc({ kind: "link" }, links);
      collected.inc({ kind: "blob" }, blobs);
      collectedBytes.inc(bytes);
    },
    watch: (look) => watchGauges(registry, gauges, look),
  };
}

/** What each gauge shows. */
const gauges: readonly WatchedGauge<PendingFigures>[] = [
  [
    "berth_gc_pending_bytes",
    "Of blobs that go when nobody needs or asks for them any more.",
    ({ bytes }) => bytes,
  ],
  [
    "berth_gc_earliest_reclaim_timestamp_seconds",
    "When the first of the pending bytes may go; 0 when there are none.",
    ({ earliestAt }) => timestamp(earliestAt),
  ],
  [
    "berth_gc_last_run_timestamp_seconds",
    "When the last collection ended.",
    ({ lastRunAt }) => timestamp(lastRunAt),
  ],
  [
    "berth_gc_last_error_timestamp_seconds",
    "When a collection failed; 0 once one succeeds.",
    ({ lastErrorAt }) => timestamp(lastErrorAt),
  ],
];
