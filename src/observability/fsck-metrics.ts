// What checks of the store count (REQ-23): what they read and found in this process, and when the scrub came to its end
// last in any.
import { Counter, type Registry } from "prom-client";
import { timestamp, watchGauges, type WatchedGauge } from "./watched-gauges.ts";

export interface FsckMetrics {
  readonly fsck: {
    read(bytes: number): void;
    /** A check that was begun through the API ended. */
    ended(counts: Readonly<Record<string, number>>): void;
  };
  readonly scrub: {
    read(bytes: number): void;
    damaged(kind: string): void;
  };
  /** Asked at each scrape. Times are milliseconds since 1970. */
  watch(look: () => Promise<ScrubFigures>): void;
}

export interface ScrubFigures {
  readonly lastPassAt: number | undefined;
  /** In the pass that goes on, or the last. */
  readonly blobs: number;
}

export function fsckMetrics(registry: Registry): FsckMetrics {
  const registers = [registry];
  const found = new Counter({
    name: "berth_fsck_found_total",
    help: "What checks found that were begun through the API, by kind.",
    labelNames: ["kind"],
    registers,
  });
  const read = new Counter({
    name: "berth_fsck_read_bytes_total",
    help: "Read to compare blobs with their digests, by who did: fsck, scrub.",
    labelNames: ["by"],
    registers,
  });
  const damaged = new Counter({
    name: "berth_scrub_damaged_total",
    help: "Damaged blobs that the scrub found in this process, by kind.",
    labelNames: ["kind"],
    registers,
  });
  return {
    fsck: {
      read: (bytes) => read.inc({ by: "fsck" }, bytes),
      ended: (counts) => {
        for (const [kind, count] of Object.entries(counts)) found.inc({ kind }, count);
      },
    },
    scrub: {
      read: (bytes) => read.inc({ by: "scrub" }, bytes),
      damaged: (kind) => damaged.inc({ kind }),
    },
    watch: (look) => watchGauges(registry, gauges, look),
  };
}

const gauges: readonly WatchedGauge<ScrubFigures>[] = [
  [
    "berth_scrub_last_pass_timestamp_seconds",
    "When the scrub had last read all blobs; 0 before the first time.",
    ({ lastPassAt }) => timestamp(lastPassAt),
  ],
  ["berth_scrub_pass_blobs", "Looked at in the pass that goes on, or the last.", ({ blobs }) => blobs],
];
