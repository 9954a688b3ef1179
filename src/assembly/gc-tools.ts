// One more composition root: the collector without a server, for `berth gc`, also while a server runs on the same data.
import { openBlobStore } from "../../storage/blobs/open-blob-store.ts";
import { blobStoreOptions } from "../config/blob-store-options.ts";
import type { Config } from "../config/load-config.ts";
import type { CollectionReport } from "../jobs/collection-report.ts";
import type { CollectionOptions } from "../jobs/collection-run.ts";
import type { Collector } from "../jobs/collector.ts";
import { DiscardedObjects } from "../jobs/discarded-objects.ts";
import { openCollector, pause } from "./assemble-collector.ts";
import { inTurn, onExistingData, type OnExistingData, type Waiting } from "./on-existing-data.ts";
import { readingGraceMilliseconds } from "./reading-grace.ts";

export type { CollectedAmount, CollectionReport } from "../jobs/collection-report.ts";
export type { CollectorStatus } from "../jobs/collector.ts";

export type CollectOptions = CollectionOptions & Waiting;

export interface OpenGc extends OnExistingData {
  readonly collector: Pick<Collector, "plan" | "status">;
  /** How long the bytes of what was collected stay for those who read them. */
  readonly readingGraceMilliseconds: number;
  /** Waits for its turn, and collects to the end. @throws the signal's reason when that fires before its turn came */
  collect(options: CollectOptions): Promise<CollectionReport>;
  /** Deletes the bytes whose time to wait is over, as a server does by itself. */
  deleteBytes(signal: AbortSignal): Promise<void>;
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** @throws as onExistingData */
export function openGc(config: Config, { now }: { readonly now: () => number }): Promise<OpenGc> {
  return onExistingData(config, { now }, async (metadata) => {
    const blobStore = await openBlobStore(blobStoreOptions(config));
    const collector = openCollector(config, { metadata, now });
    const discarded = new DiscardedObjects({ blobStore, metadata, everySeconds: 0, now });
    const collect: OpenGc["collect"] = async ({ signal, onWait, ...options }) => {
      const run = await inTurn(() => collector.begin(), { signal, onWait });
      return run.toTheEnd(signal, options);
    };
    return {
      tools: {
        ...{ collector, collect, pause },
        readingGraceMilliseconds: readingGraceMilliseconds(config),
        deleteBytes: (signal) => discarded.run(signal),
      },
      close: async () => blobStore.close?.(),
    };
  });
}
