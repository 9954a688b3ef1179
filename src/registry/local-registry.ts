// The registry on our own two stores.
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { ImmutableTags } from "../policies/immutable-tags.ts";
import { LocalBlobs } from "./local-blobs.ts";
import { LocalManifests } from "./local-manifests.ts";
import { LocalReferrers } from "./local-referrers.ts";
import { LocalUploads, type UploadSettings } from "./local-uploads.ts";
import type { Pull } from "./pull-notes.ts";
import type { RoomForPushes } from "./room-for-pushes.ts";
import { Quotas } from "./quotas.ts";
import { ReadLeases } from "./read-leases.ts";
import type { Registry } from "./registry.ts";
import { Touches } from "./touches.ts";

export interface LocalRegistryParts {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  readonly uploads: UploadSettings;
  /** Asked before anything new is taken; without it there is always room. */
  readonly room?: RoomForPushes | undefined;
  /** The project of repositories of a single segment, whose quota counts for them; none unless given. */
  readonly defaultProject?: string | undefined;
  /** How long content stays that nothing needs. */
  readonly gc: { readonly graceSeconds: number };
  /** None unless given. */
  readonly immutableTags?: ImmutableTags;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Told of every pull of a manifest. */
  readonly onPull?: (pull: Pull) => void;
}

export function createLocalRegistry(parts: LocalRegistryParts): Registry {
  const { blobStore, metadata, gc, defaultProject, now, newId, onPull } = parts;
  const { room = { demand: async () => undefined }, immutableTags = () => undefined } = parts;
  const touches = new Touches({ garbage: metadata.garbage, graceSeconds: gc.graceSeconds, now });
  const readLeases = new ReadLeases({ leases: metadata.objectLeases, holder: newId(), now });
  const quotas = new Quotas({ usage: metadata.usage, rules: { defaultProject }, ...gc, now });
  return {
    manifests: new LocalManifests({ metadata, touches, room, quotas, immutableTags, now, onPull }),
    blobs: new LocalBlobs({ blobStore, metadata, touches, readLeases, quotas, now }),
    uploads: new LocalUploads({ ...parts, room, quotas }),
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
