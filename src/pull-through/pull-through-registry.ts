// A Registry around the registry of our own: repositories whose name begins with an upstream's are that upstream's, as
// far as they are held here, and fetched where they are not. Everything else is answered as if there were no mirror.
import type { Registry } from "../registry/registry.ts";
import { PullThroughBlobs, type PullThroughBlobsParts } from "./pull-through-blobs.ts";
import { PullThroughManifests, type PullThroughManifestsParts } from "./pull-through-manifests.ts";
import { PullThroughReferrers } from "./pull-through-referrers.ts";
import { PullThroughTags } from "./pull-through-tags.ts";
import { readOnlyUploads } from "./read-only-uploads.ts";
import { ManifestCache } from "./manifest-cache.ts";
import type { MirrorEvents } from "./mirror-events.ts";
import { TagFreshness } from "./tag-freshness.ts";
import type { UpstreamMap } from "./upstream-map.ts";
import type { MirrorSettings } from "./upstream-settings.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";

export interface PullThroughParts {
  readonly local: Registry;
  readonly metadata: Pick<MetadataStore, "manifests" | "tags" | "mirror">;
  readonly map: UpstreamMap;
  readonly settings: MirrorSettings;
  readonly downloads: PullThroughBlobsParts["downloads"];
  readonly pulled: PullThroughManifestsParts["pulled"];
  readonly sharedWith: PullThroughBlobsParts["sharedWith"];
  readonly events: MirrorEvents;
  readonly now: () => number;
}

export function createPullThroughRegistry(parts: PullThroughParts): Registry {
  const { local, metadata, map, settings, now } = parts;
  const { mirror } = metadata;
  const cache = new ManifestCache(mirror, now);
  const freshness = new TagFreshness({ mirror, tags: metadata.tags, cache, settings, now });
  return {
    manifests: new PullThroughManifests({
      ...parts,
      ...{ local: local.manifests, held: metadata.manifests, freshness, cache },
    }),
    blobs: new PullThroughBlobs({ ...parts, local: local.blobs, content: mirror.content }),
    uploads: readOnlyUploads(local.uploads, map),
    tags: new PullThroughTags({ ...parts, local: local.tags }),
    referrers: new PullThroughReferrers({ ...parts, local: local.referrers, freshness }),
    catalog: local.catalog,
  };
}
