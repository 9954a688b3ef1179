// The registry on our own two stores.
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { LocalBlobs } from "./local-blobs.ts";
import { LocalManifests } from "./local-manifests.ts";
import { LocalReferrers } from "./local-referrers.ts";
import { LocalUploads, type UploadSettings } from "./local-uploads.ts";
import type { Registry } from "./registry.ts";

export interface LocalRegistryParts {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  readonly uploads: UploadSettings;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

export function createLocalRegistry(parts: LocalRegistryParts): Registry {
  const { blobStore, metadata, now } = parts;
  return {
    manifests: new LocalManifests(metadata, now),
    blobs: new LocalBlobs(blobStore, metadata, now),
    uploads: new LocalUploads(parts),
    referrers: new LocalReferrers(metadata),
    tags: {
      list: async (repository, page) =>
        (await metadata.repositories.exists(repository))
          ? await metadata.tags.list(repository, page)
          : undefined,
    },
    catalog: { list: (page, visibility) => metadata.repositories.list({ ...page, visibility }) },
  };
}
