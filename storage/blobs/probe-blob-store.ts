// From options to the tries of that backend: the counterpart of open-blob-store.ts for places that may not work.
import { probeFilesystem } from "./filesystem/probe-filesystem.ts";
import type { BlobStoreOptions } from "./open-blob-store.ts";
import { probeBucket } from "./s3/probe-bucket.ts";
import type { Probe } from "./probe.ts";

/** Tries, one after the other, what the store needs. What it makes it removes; it fails in probes, not by throwing. */
export async function* probeBlobStore(options: BlobStoreOptions): AsyncGenerator<Probe> {
  switch (options.kind) {
    case "filesystem":
      yield* probeFilesystem(options.directory);
      break;
    case "s3":
      yield* probeBucket(options);
      break;
    case "memory":
      yield { name: "memory", outcome: "works", detail: "everything is lost with the process" };
  }
}
