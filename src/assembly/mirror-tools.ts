// One more composition root: the mirror without a server, for the commands that look after it, also while a server runs
// on the same data.
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { AuditTrail } from "../../auth/audit-trail.ts";
import { openBlobStore } from "../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Pins } from "../../storage/metadata/mirror-store.ts";
import { blobStoreOptions } from "../config/blob-store-options.ts";
import type { Config } from "../config/load-config.ts";
import { CachedImages } from "../pull-through/cached-images.ts";
import { parseImageReference } from "../pull-through/preload/image-reference.ts";
import { preloadOrder, type PreloadWish } from "../pull-through/preload/preload-order.ts";
import { Preload, type PreloadOptions, type PreloadedImage } from "../pull-through/preload/preload.ts";
import { createLocalRegistry } from "../registry/local-registry.ts";
import { onlyLocalNames, type NamespaceResolver } from "../registry/namespace-resolver.ts";

export type { CachedImage, Purged } from "../pull-through/cached-images.ts";
export type { PreloadedImage } from "../pull-through/preload/preload.ts";
export type { PreloadWish } from "../pull-through/preload/preload-order.ts";

export interface OpenMirror {
  readonly images: Pick<CachedImages, "usageByUpstream" | "listRepositories" | "listImages" | "purge">;
  /** Besides those that the configuration has, in `configured`. */
  readonly pins: Pins & { readonly configured: readonly string[] };
  /** The name here of an image's repository, as people write it; undefined when nothing is mirrored from there. */
  nameOf(image: string): Promise<string | undefined>;
  /** @throws Error, in a sentence; an image that fails is in the report instead */
  preload(wish: PreloadWish, options: PreloadOptions): Promise<PreloadReport>;
  readonly trail: Pick<AuditTrail, "write">;
  close(): Promise<void>;
}

export interface PreloadReport {
  readonly images: readonly PreloadedImage[];
  readonly notes: readonly string[];
}

export interface OpenMirrorOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Opens what exists and makes nothing: a mistyped data directory shall not become a new, empty one.
 * @throws Error with code ENOENT when there is no database yet, and whatever opening the stores throws
 */
export async function openMirror(config: Config, { now }: OpenMirrorOptions): Promise<OpenMirror> {
  const { path } = config.storage.metadata.sqlite;
  await stat(path);
  const metadata = await openMetadataStore({ kind: "sqlite", path, now });
  try {
    const blobStore = await openBlobStore(blobStoreOptions(config));
    const registry = createLocalRegistry({
      ...{ blobStore, metadata, now },
      ...{ uploads: config.uploads, newId: randomUUID },
    });
    const names = onlyLocalNames;
    const { mirror, tags } = metadata;
    const graceMilliseconds = blobStore.remote ? 900_000 : 60_000;
    return {
      images: new CachedImages({ mirror, tags, now, graceMilliseconds }),
      pins: pinsOf(metadata, config),
      nameOf: (image) => nameOf(names, image),
      preload: async (wish, options) => {
        const { order, notes } = preloadOrder(wish, process.arch);
        const images = await new Preload({ registry, held: registry.blobs, names }, order).run(options);
        return { images, notes };
      },
      // only `write` is used here, and what fails there is thrown
      trail: new AuditTrail({ store: metadata.access.audit, now, onProblem: () => undefined }),
      close: async () => {
        await blobStore.close?.();
        await metadata.close();
      },
    };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

function pinsOf({ mirror: { pins } }: MetadataStore, config: Config): OpenMirror["pins"] {
  return {
    configured: config.mirror.pins,
    list: () => pins.list(),
    add: (pattern, now) => pins.add(pattern, now),
    remove: (pattern) => pins.remove(pattern),
  };
}

async function nameOf(names: NamespaceResolver, image: string): Promise<string | undefined> {
  const parsed = parseImageReference(image);
  const resolved = parsed && (await names.resolve({ name: parsed.name, ns: parsed.host, purpose: "pull" }));
  return resolved?.kind === "mirrored" ? resolved.name : undefined;
}
