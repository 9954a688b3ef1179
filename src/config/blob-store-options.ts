// The configured place of the blobs, as the store that opens it wants it. Apart because the server opens one and the
// commands on storage open one or two.
import type { BlobStoreOptions } from "../../storage/blobs/open-blob-store.ts";
import type { Config } from "./load-config.ts";

export function blobStoreOptions({ storage: { blobs } }: Pick<Config, "storage">): BlobStoreOptions {
  return "memory" in blobs
    ? { kind: "memory" }
    : { kind: "filesystem", directory: blobs.filesystem.directory };
}

/** The same for the same place, however it is reached, and for no other. */
export function blobStoreName(options: BlobStoreOptions): string {
  switch (options.kind) {
    case "filesystem":
      return `directory ${options.directory}`;
    case "memory":
      return "memory";
  }
}
