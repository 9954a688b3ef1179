// What retention counts: what it deleted in this process, and when it ran last in any of them.
import { Counter, type Registry } from "prom-client";
import { timestamp, watchGauges, type WatchedGauge } from "./watched-gauges.ts";

export interface RetentionMetrics {
  /** A step of a run deleted so much. */
  retained(amount: { readonly tags?: number; readonly manifests?: number }): void;
  /** Asked at each scrape. Times are milliseconds since 1970. */
  watch(look: () => Promise<LastRetention>): void;
}

export interface LastRetention {
  readonly lastRunAt: number | undefined;
  readonly lastErrorAt: number | undefined;
}

export function retentionMetrics(registry: Registry): RetentionMetrics {
  const registers = [registry];
  const deleted = new Counter({
    name: "berth_retention_deleted_total",
    help: "What a policy of retention gave up, by kind: tag, manifest (without a tag).",
    labelNames: ["kind"],
    registers,
  });
  return {
    retained: ({ tags = 0, manifests = 0 }) => {
      deleted.inc({ kind: "tag" }, tags);
      deleted.inc({ kind: "manifest" }, manifests);
    },
    watch: (look) => watchGauges(registry, gauges, look),
  };
}

const gauges: readonly WatchedGauge<LastRetention>[] = [
  [
    "berth_retention_last_run_timestamp_seconds",
    "When the last run ended.",
    ({ lastRunAt }) => timestamp(lastRunAt),
  ],
  [
    "berth_retention_last_error_timestamp_seconds",
    "When a run failed; 0 once one succeeds.",
    ({ lastErrorAt }) => timestamp(lastErrorAt),
  ],
];
