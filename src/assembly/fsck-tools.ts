// One more composition root: a check of the store without a server, for `berth fsck`, also while a server runs on the same
// data.
import { stat } from "node:fs/promises";
import { AuditTrail } from "../../auth/audit-trail.ts";
import type { Config } from "../config/load-config.ts";
import { Fsck, type FsckOptions } from "../jobs/fsck/fsck.ts";
import type { FsckReport } from "../jobs/fsck/fsck-report.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import { blobStoreOptions } from "../config/blob-store-options.ts";
import { pause } from "./assemble-collector.ts";
import { openExisting } from "./open-existing.ts";
import { readingGraceMilliseconds } from "./reading-grace.ts";

export type { Finding, FsckProgress, FsckSummary } from "../jobs/fsck/fsck-report.ts";
export type { FsckOptions } from "../jobs/fsck/fsck.ts";
export type { FsckReport } from "../jobs/fsck/fsck-report.ts";

export interface OpenFsck {
  check(options: FsckOptions): Promise<FsckReport>;
  readonly trail: Pick<AuditTrail, "write">;
  close(): Promise<void>;
}

/**
 * Opens what exists and makes nothing: a mistyped data directory shall not become a new, empty one.
 * @throws Error with code ENOENT when there is no database yet, and whatever opening the stores throws
 */
export async function openFsck(config: Config, { now }: { readonly now: () => number }): Promise<OpenFsck> {
  const { path } = config.storage.metadata.sqlite;
  await stat(path);
  const metadata = await openMetadataStore({ kind: "sqlite", path, now });
  try {
    const blobStore = await openExisting(blobStoreOptions(config));
    const { expirySeconds } = config.uploads;
    const grace = readingGraceMilliseconds(config);
    const parts = { metadata, blobStore, expirySeconds, readingGraceMilliseconds: grace, now, pause };
    return {
      check: (wanted) => new Fsck(parts, wanted).run(),
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
