// One more composition root: a check of the store without a server, for `berth fsck`, also while a server runs on the same
// data.
import type { Config } from "../config/load-config.ts";
import { Fsck, type FsckOptions } from "../jobs/fsck/fsck.ts";
import type { FsckReport } from "../jobs/fsck/fsck-report.ts";
import { blobStoreOptions } from "../config/blob-store-options.ts";
import { pause } from "./assemble-collector.ts";
import { onExistingData, type OnExistingData } from "./on-existing-data.ts";
import { openExisting } from "./open-existing.ts";
import { readingGraceMilliseconds } from "./reading-grace.ts";

export type { Finding, FsckProgress, FsckSummary } from "../jobs/fsck/fsck-report.ts";
export type { FsckOptions } from "../jobs/fsck/fsck.ts";
export type { FsckReport } from "../jobs/fsck/fsck-report.ts";

export interface OpenFsck extends OnExistingData {
  check(options: FsckOptions): Promise<FsckReport>;
}

/** @throws as onExistingData */
export function openFsck(config: Config, { now }: { readonly now: () => number }): Promise<OpenFsck> {
  return onExistingData(config, { now }, async (metadata) => {
    const blobStore = await openExisting(blobStoreOptions(config));
    const { expirySeconds } = config.uploads;
    const grace = readingGraceMilliseconds(config);
    const parts = { metadata, blobStore, expirySeconds, readingGraceMilliseconds: grace, now, pause };
    return {
      tools: { check: (wanted) => new Fsck(parts, wanted).run() },
      close: async () => blobStore.close?.(),
    };
  });
}
