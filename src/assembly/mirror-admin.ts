// The mirror as the admin API wants it: its parts under one roof, and their refusals in the API's own form.
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { MirrorAdmin } from "../http/admin/mirror-admin.ts";
import { OciError } from "../oci/oci-error.ts";
import { CachedImages } from "../pull-through/cached-images.ts";
import { preloadOrder, type PreloadWish } from "../pull-through/preload/preload-order.ts";
import { Preloads, type PreloadStatus } from "../pull-through/preload/preloads.ts";
import type { PreloadOrder, PreloadParts } from "../pull-through/preload/preload.ts";

export interface MirrorAdminParts extends PreloadParts {
  readonly metadata: Pick<MetadataStore, "mirror" | "tags">;
  /** Patterns that the configuration pins now. */
  readonly pins: () => readonly string[];
  readonly graceMilliseconds: number;
  readonly now: () => number;
  readonly newId: () => string;
}

export type OpenMirrorAdmin = MirrorAdmin & {
  /** Ends preloads that run. */
  close(): Promise<void>;
};

export function openMirrorAdmin(parts: MirrorAdminParts): OpenMirrorAdmin {
  const { metadata, now, pins, graceMilliseconds } = parts;
  const { mirror, tags } = metadata;
  const images = new CachedImages({ mirror, tags, now, graceMilliseconds });
  const preloads = new Preloads(parts);
  return {
    usageByUpstream: () => images.usageByUpstream(),
    listRepositories: (page) => images.listRepositories(page),
    listImages: (repository, page) => images.listImages(repository, page),
    purge: (repository, tag) => images.purge(repository, tag),
    pins: {
      get configured() {
        return pins();
      },
      list: () => mirror.pins.list(),
      add: (pattern) => mirror.pins.add(pattern, now()),
      remove: (pattern) => mirror.pins.remove(pattern),
    },
    preloads: {
      start: (wish) => startPreload(preloads, wish),
      find: (id) => preloads.find(id),
      list: () => preloads.list(),
    },
    close: () => preloads.close(),
  };
}

/** @throws OciError inputInvalid, busy */
function startPreload(preloads: Preloads, wish: PreloadWish): PreloadStatus {
  const started = preloads.start(orderOf(wish));
  if (started === undefined) throw new OciError("busy", { headers: { "retry-after": "60" } });
  return started;
}

function orderOf(wish: PreloadWish): PreloadOrder {
  try {
    return preloadOrder(wish, process.arch).order;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error: /, "") : String(error);
    throw new OciError("inputInvalid", { detail: { reason, errors: [] }, cause: error });
  }
}
