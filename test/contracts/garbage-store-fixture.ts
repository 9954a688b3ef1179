// What the parts of the garbage store's contract share: pushed images and indexes, and collections to the end.
import { digestOf, type Digest } from "../../storage/digest.ts";
import type { GarbagePage } from "../../storage/metadata/garbage-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { blobOf, digestFor, listsAny, manifestOf, needsBlob, pushBlob } from "./metadata-store-fixture.ts";

export const grace = 10_000;
/** When all that these tests push is pushed, unless they say otherwise. */
export const start = 1000;

export interface Pushed {
  /** Each blob is named by its content. */
  readonly layers?: readonly string[];
  /** Named by their contents too; whatever of manifests and blobs the repository holds. */
  readonly children?: readonly string[];
  readonly tags?: readonly string[];
  readonly subject?: string;
  readonly now?: number;
}

/** Pushes a manifest whose bytes are `name`, after its layers. */
export async function push(
  store: MetadataStore,
  repository: string,
  name: string,
  { layers = [], children = [], tags = [], subject, now = start }: Pushed = {},
): Promise<Digest> {
  for (const layer of layers)
    await pushBlob(store, repository, blobOf(layer, `${repository} ${name} ${now}`), now);
  const references = [
    ...layers.map((layer) => needsBlob(digestFor(layer))),
    ...children.map((child) => listsAny(digestFor(child))),
  ];
  const about = subject === undefined ? {} : { subject: digestFor(subject) };
  const commit = manifestOf(repository, name, { references, tags, now, ...about });
  const { outcome } = await store.manifests.commit(commit);
  if (outcome !== "committed") throw new Error(`${name} was not pushed: ${outcome}`);
  return digestOf(commit.bytes);
}

export interface Collected {
  readonly manifests: number;
  readonly links: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** Collects to the end, three rows a step. */
export async function collect(store: MetadataStore, now: number): Promise<Collected> {
  const step = { before: now - grace, limit: 3 };
  const all = { manifests: 0, links: 0, blobs: 0, bytes: 0 };
  for (let more = true; more;) {
    const done = await store.garbage.collectManifests(step);
    all.manifests += done.collected.length;
    more = done.more;
  }
  for (let more = true; more;) {
    const done = await store.garbage.collectLinks({ ...step, now, dueAt: now + 60 });
    all.links += done.links;
    all.blobs += done.blobs;
    all.bytes += done.bytes;
    more = done.more;
  }
  return all;
}

export async function planOf(store: MetadataStore, now: number): Promise<GarbagePage> {
  const pages: GarbagePage[] = [];
  for await (const page of store.garbage.plan(now - grace)) pages.push(page);
  return {
    manifests: pages.flatMap(({ manifests }) => manifests),
    links: pages.flatMap(({ links }) => links),
    blobs: pages.flatMap(({ blobs }) => blobs),
  };
}

/** Which of these contents the repository holds, as manifests or as blobs. */
export async function heldOf(
  store: MetadataStore,
  repository: string,
  contents: readonly string[],
): Promise<string[]> {
  const held: string[] = [];
  for (const content of contents) {
    const digest = digestFor(content);
    const manifest = await store.manifests.findByDigest(repository, digest);
    if (manifest !== undefined || (await store.blobLinks.find(repository, digest)) !== undefined) {
      held.push(content);
    }
  }
  return held;
}
