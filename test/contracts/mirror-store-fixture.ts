// What the parts of the mirror store's contract share: content as an upstream gave it.
import type { Digest } from "../../storage/digest.ts";
import type { ManifestCommit, MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { CachedManifest } from "../../storage/metadata/mirror-store.ts";
import type { BlobRecord } from "../../storage/metadata/records.ts";
import { blobOf, digestFor, listsAny, manifestOf, needsBlob } from "./metadata-store-fixture.ts";

/** Times of an eviction: nothing is spared for having been pulled lately. */
export const whenever = { unlessPulledSince: Number.MAX_SAFE_INTEGER, now: 9000, dueAt: 9900 };
export const everything = { limit: 1000, offset: 0, before: Number.MAX_SAFE_INTEGER };

export async function cacheBlob(
  store: MetadataStore,
  repository: string,
  blob: BlobRecord,
  now = 1000,
): Promise<void> {
  await store.mirror.content.commitBlob({ repository, blob, now });
}

/** A cached manifest whose bytes are `content`. */
export async function cacheManifest(
  store: MetadataStore,
  repository: string,
  content: string,
  more: Partial<ManifestCommit> = {},
): Promise<Digest> {
  const commit = manifestOf(repository, content, more);
  await store.mirror.content.commitManifest(commit);
  return commit.digest;
}

/** A cached image with all its layers, each blob named by its content. */
export async function cacheImage(
  store: MetadataStore,
  repository: string,
  image: { readonly name: string; readonly layers: readonly string[]; readonly tags?: readonly string[] },
  now = 1000,
): Promise<Digest> {
  const { name, layers, tags = [] } = image;
  const references = layers.map((layer) => needsBlob(digestFor(layer)));
  const digest = await cacheManifest(store, repository, name, { references, tags, now });
  for (const layer of layers)
    await cacheBlob(store, repository, blobOf(layer, `of ${repository} at ${now}`), now);
  return digest;
}

export async function cacheIndex(
  store: MetadataStore,
  repository: string,
  index: { readonly name: string; readonly children: readonly Digest[]; readonly tags?: readonly string[] },
  now = 1000,
): Promise<Digest> {
  const { name, children, tags = [] } = index;
  return cacheManifest(store, repository, name, { references: children.map(listsAny), tags, now });
}

/** What could be evicted, in the order in which it would be. */
export function candidates(store: MetadataStore): Promise<CachedManifest[]> {
  return store.mirror.eviction.listByPull(everything);
}

export async function cachedDigests(store: MetadataStore): Promise<Digest[]> {
  return (await candidates(store)).map(({ digest }) => digest);
}

export async function holds(store: MetadataStore, repository: string, content: string): Promise<boolean> {
  return (await store.blobLinks.find(repository, digestFor(content))) !== undefined;
}
