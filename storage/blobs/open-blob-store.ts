// From options to a blob store: the only file that names every backend.
import { boundlessRoom, type Room } from "../disk-room.ts";
import type { BlobStore } from "./blob-store.ts";
import { FilesystemBlobStore } from "./filesystem/filesystem-blob-store.ts";
import { probeDirectory } from "./filesystem/probe-directory.ts";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import type { S3Options } from "./s3/s3-options.ts";

export type BlobStoreOptions =
  | { readonly kind: "filesystem"; readonly directory: string }
  | ({ readonly kind: "s3" } & S3Options)
  | { readonly kind: "memory" };

/**
 * @param room is asked before anything of an upload is written to a disk here
 * @throws StorageError `unsuitable` when the place cannot keep a store's promises.
 */
export async function openBlobStore(
  options: BlobStoreOptions,
  room: Room = boundlessRoom,
): Promise<BlobStore> {
  switch (options.kind) {
    case "filesystem":
      return await openFilesystem(options.directory, room);
    case "s3": {
      // Loaded by whoever has a bucket: the SDK takes a quarter of the time to start, and 20 MiB.
      const { openS3BlobStore } = await import("./s3/open-s3-blob-store.ts");
      return await openS3BlobStore(options, room);
    }
    case "memory":
      return new MemoryBlobStore();
  }
}

async function openFilesystem(directory: string, room: Room): Promise<BlobStore> {
  await probeDirectory(directory);
  const store = new FilesystemBlobStore(directory, undefined, room);
  // From now on the store knows the place where it began.
  await store.ping();
  return store;
}
