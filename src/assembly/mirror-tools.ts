// One more composition root: the mirror without a server, for the commands that look after it, also while a server runs
// on the same data.
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { AuditTrail } from "../../auth/audit-trail.ts";
import { openBlobStore } from "../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import { blobStoreOptions } from "../config/blob-store-options.ts";
import type { Config } from "../config/load-config.ts";
import type { MirrorAdmin } from "../http/admin/mirror-admin.ts";
import { parseImageReference } from "../pull-through/preload/image-reference.ts";
import { preloadOrder, type PreloadWish } from "../pull-through/preload/preload-order.ts";
import { Preload, type PreloadOptions, type PreloadedImage } from "../pull-through/preload/preload.ts";
import { createLocalRegistry } from "../registry/local-registry.ts";
import type { NamespaceResolver } from "../registry/namespace-resolver.ts";
import { assembleMirror } from "./assemble-mirror.ts";

export type { PreloadedImage } from "../pull-through/preload/preload.ts";
export type { PreloadWish } from "../pull-through/preload/preload-order.ts";

export interface OpenMirror {
  /** What the admin API works with, too. */
  readonly images: Pick<MirrorAdmin, "usageByUpstream" | "listRepositories" | "listImages" | "purge">;
  readonly pins: MirrorAdmin["pins"];
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
    const { uploads, gc } = config;
    const local = createLocalRegistry({ blobStore, metadata, uploads, gc, now, newId: randomUUID });
    // What an upstream says against an image stands in the report.
    const logger = { warn: () => undefined };
    const side = assembleMirror(config, { local, metadata, blobStore, logger, now });
    const { registry, names, settled, admin } = side;
    return {
      images: admin,
      pins: admin.pins,
      nameOf: (image) => nameOf(names, image),
      preload: async (wish, options) => {
        const { order, notes } = preloadOrder(wish, process.arch);
        const preload = new Preload({ registry, held: local.blobs, names, settled }, order);
        const images = await preload.run(options);
        return { images, notes };
      },
      // only `write` is used here, and what fails there is thrown
      trail: new AuditTrail({ store: metadata.access.audit, now, onProblem: () => undefined }),
      close: async () => {
        await side.close();
        await blobStore.close?.();
        await metadata.close();
      },
    };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

async function nameOf(names: NamespaceResolver, image: string): Promise<string | undefined> {
  const parsed = parseImageReference(image);
  const resolved = parsed && (await names.resolve({ name: parsed.name, ns: parsed.host, purpose: "pull" }));
  return resolved?.kind === "mirrored" ? resolved.name : undefined;
}
