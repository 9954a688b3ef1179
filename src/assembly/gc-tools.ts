// One more composition root: the collector without a server, for `berth gc`, also while a server runs on the same data.
import { stat } from "node:fs/promises";
import { AuditTrail } from "../../auth/audit-trail.ts";
import { openBlobStore } from "../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import { blobStoreOptions } from "../config/blob-store-options.ts";
import type { Config } from "../config/load-config.ts";
import type { CollectionReport } from "../jobs/collection-report.ts";
import type { CollectionOptions } from "../jobs/collection-run.ts";
import type { Collector } from "../jobs/collector.ts";
import { DiscardedObjects } from "../jobs/discarded-objects.ts";
import { openCollector, pause } from "./assemble-collector.ts";
import { readingGraceMilliseconds } from "./reading-grace.ts";

export type { CollectedAmount, CollectionReport } from "../jobs/collection-report.ts";
export type { CollectorStatus } from "../jobs/collector.ts";

export interface CollectOptions extends CollectionOptions {
  readonly signal: AbortSignal;
  /** Told again and again while a run goes on elsewhere, which is waited for. */
  readonly onWait: () => void;
}

export interface OpenGc {
  readonly collector: Pick<Collector, "plan" | "status">;
  /** How long the bytes of what was collected stay for those who read them. */
  readonly readingGraceMilliseconds: number;
  /** Waits for its turn, and collects to the end. @throws the signal's reason when that fires before its turn came */
  collect(options: CollectOptions): Promise<CollectionReport>;
  /** Deletes the bytes whose time to wait is over, as a server does by itself. */
  deleteBytes(signal: AbortSignal): Promise<void>;
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  readonly trail: Pick<AuditTrail, "write">;
  close(): Promise<void>;
}

const turnMilliseconds = 250;

/**
 * Opens what exists and makes nothing: a mistyped data directory shall not become a new, empty one.
 * @throws Error with code ENOENT when there is no database yet, and whatever opening the stores throws
 */
export async function openGc(config: Config, { now }: { readonly now: () => number }): Promise<OpenGc> {
  const { path } = config.storage.metadata.sqlite;
  await stat(path);
  const metadata = await openMetadataStore({ kind: "sqlite", path, now });
  try {
    const blobStore = await openBlobStore(blobStoreOptions(config));
    const collector = openCollector(config, { metadata, now });
    const discarded = new DiscardedObjects({ blobStore, metadata, everySeconds: 0, now });
    return {
      collector,
      readingGraceMilliseconds: readingGraceMilliseconds(config),
      collect: (options) => collectInTurn(collector, options),
      deleteBytes: (signal) => discarded.run(signal),
      pause,
      // only `write` is used here, and what fails there is thrown
      trail: new AuditTrail({ store: metadata.access.audit, now, onProblem: () => undefined }),
      close: async () => {
        await blobStore.close?.();
        await metadata.close();
      },
    };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

async function collectInTurn(
  collector: Collector,
  { signal, onWait, ...options }: CollectOptions,
): Promise<CollectionReport> {
  for (;;) {
    signal.throwIfAborted();
    const run = await collector.begin();
    if (run !== undefined) return run.toTheEnd(signal, options);
    onWait();
    await pause(turnMilliseconds, signal);
  }
}
