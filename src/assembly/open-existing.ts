// Opens a blob store that is there, and makes none: for the commands that look after it.
import { stat } from "node:fs/promises";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import { openBlobStore, type BlobStoreOptions } from "../../storage/blobs/open-blob-store.ts";

/** @throws Error, in a sentence, when there is none */
export async function openExisting(options: BlobStoreOptions): Promise<BlobStore> {
  switch (options.kind) {
    case "memory":
      throw new Error(
        "error: storage.blobs is memory, which is gone with its server: there is nothing to look at",
      );
    case "filesystem":
      await expectDirectory(options.directory);
  }
  return openBlobStore(options);
}

async function expectDirectory(directory: string): Promise<void> {
  const stats = await stat(directory).catch(() => undefined);
  if (stats?.isDirectory()) return;
  throw new Error(
    `error: there is no blob directory ${directory}: is a volume not mounted? Nothing was looked at or changed.`,
  );
}
