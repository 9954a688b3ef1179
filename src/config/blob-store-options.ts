// The configured place of the blobs, as the store that opens it wants it. Apart because the server opens one and the
// commands on storage open one or two.
import type { BlobStoreOptions } from "../../storage/blobs/open-blob-store.ts";
import type { Config } from "./load-config.ts";
import { s3Options } from "./s3-store-options.ts";

export function blobStoreOptions({ storage: { blobs } }: Pick<Config, "storage">): BlobStoreOptions {
  if ("memory" in blobs) return { kind: "memory" };
  if ("filesystem" in blobs) return { kind: "filesystem", directory: blobs.filesystem.directory };
  return { kind: "s3", ...s3Options(blobs.s3) };
}

/** The same for the same place, however it is reached, and for no other. */
export function blobStoreName(options: BlobStoreOptions): string {
  switch (options.kind) {
    case "filesystem":
      return `directory ${options.directory}`;
    case "s3":
      return `bucket ${options.endpoint ?? "AWS"} ${options.bucket}/${options.prefix ?? ""}`;
    case "memory":
      return "memory";
  }
}
