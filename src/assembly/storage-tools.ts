// The third composition root: the two stores without a server, for the commands that look after them, also while a
// server runs on the same data.
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../storage/blobs/open-blob-store.ts";
import { probeReaders } from "../../storage/blobs/filesystem/probe-readers.ts";
import { probeBlobStore } from "../../storage/blobs/probe-blob-store.ts";
import type { Probe } from "../../storage/blobs/probe.ts";
import { blobStoreName, blobStoreOptions } from "../config/blob-store-options.ts";
import type { Config } from "../config/load-config.ts";
import { StorageCopy, type StorageCopyOptions, type StorageCopyReport } from "../jobs/storage-copy.ts";
import { onExistingData } from "./on-existing-data.ts";
import { openExisting } from "./open-existing.ts";

export type { Probe } from "../../storage/blobs/probe.ts";
export type { CopyProgress, StorageCopyReport } from "../jobs/storage-copy.ts";

export interface OpenStorage {
  /** @throws Error, in a sentence, when `target` can't be what this registry serves from next */
  copyTo(target: Config, options: StorageCopyOptions): Promise<StorageCopyReport>;
  close(): Promise<void>;
}

export interface OpenStorageOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Nobody else may have the database open; StorageError `busy` when somebody has. */
  readonly exclusive?: boolean;
}

/** How long to wait for others to close the database, who most likely won't. */
const exclusiveMilliseconds = 1000;

/** @throws as onExistingData */
export function openStorage(config: Config, options: OpenStorageOptions = {}): Promise<OpenStorage> {
  const { now = Date.now, exclusive = false } = options;
  const alone = exclusive ? { exclusive, busyLimitMilliseconds: exclusiveMilliseconds } : {};
  return onExistingData(config, { now, ...alone }, async (metadata) => {
    const blobStore = await openExisting(blobStoreOptions(config));
    const copyTo: OpenStorage["copyTo"] = async (target, wanted) => {
      const opened = await openTarget(config, target);
      try {
        return await new StorageCopy({ source: blobStore, metadata, now, ...opened }, wanted).run();
      } finally {
        await opened.target.close?.();
      }
    };
    return { tools: { copyTo }, close: async () => blobStore.close?.() };
  });
}

async function openTarget(
  config: Config,
  target: Config,
): Promise<{ target: BlobStore; targetName: string }> {
  const database = config.storage.metadata.sqlite.path;
  const other = target.storage.metadata.sqlite.path;
  if (other !== database) {
    throw new Error(
      `error: the other configuration names another database, ${other}. Only the blobs move: give it this data directory, or set its storage.metadata.sqlite.path to ${database}.`,
    );
  }
  const options = blobStoreOptions(target);
  if (options.kind === "memory")
    throw new Error("error: blobs can't be kept in memory: name a store that lasts");
  const targetName = blobStoreName(options);
  if (targetName === blobStoreName(blobStoreOptions(config))) {
    throw new Error(`error: both configurations keep the blobs in the same place, ${targetName}.`);
  }
  return { target: await openBlobStore(options), targetName };
}

/** Tries what the configured store needs of the place that it is in. Needs no database, and no working store. */
export async function* probeStorage(config: Config): AsyncIterable<Probe> {
  const options = blobStoreOptions(config);
  yield* probeBlobStore(options);
  if (config.http.offload !== undefined && options.kind === "filesystem")
    yield* probeReaders(options.directory);
}
