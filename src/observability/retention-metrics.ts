// What retention counts: what it deleted in this process, and when it ran last in any of them.
import { Counter, Gauge, type Registry } from "prom-client";

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
    watch: (look) => {
      watchTime(
        registry,
        "berth_retention_last_run_timestamp_seconds",
        "When the last run ended.",
        async () => {
          return (await look()).lastRunAt;
        },
      );
      watchTime(
        registry,
        "berth_retention_last_error_timestamp_seconds",
        "When a run failed; 0 once one succeeds.",
        async () => (await look()).lastErrorAt,
      );
    },
  };
}

function watchTime(
  registry: Registry,
  name: string,
  help: string,
  look: () => Promise<number | undefined>,
): void {
  const gauge: Gauge = new Gauge({
    ...{ name, help, registers: [registry] },
    collect: async () => {
      // A store that does not answer must not hide the other figures. The last known stay.
      const at = await look().catch(() => "unknown" as const);
      if (at !== "unknown") gauge.set((at ?? 0) / 1000);
    },
  });
}
