// What the parts of the metadata store's contract share: a database to open, and small content to put into it.
import { digestOf, type Digest } from "../../storage/digest.ts";
import type { Locator } from "../../storage/blobs/stored-object.ts";
import type { Visibility } from "../../storage/metadata/access-store.ts";
import type { ManifestCommit, MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { QuotaRules } from "../../storage/metadata/usage-store.ts";
import type { BlobRecord, Reference, UploadRecord } from "../../storage/metadata/records.ts";

/** A fresh, empty database. */
export interface TestDatabase {
  open(): Promise<MetadataStore>;
  dispose(): Promise<void>;
}

/** Sees everything. */
export const all: Visibility = { kind: "all" };

/** Sees these projects and the public ones. What has a name of a single segment belongs to `library`. */
export function seesProjects(...projects: string[]): Visibility {
  return { kind: "projects", projects, defaultProject: "library" };
}

export function seesRepositories(...names: string[]): Visibility {
  return { kind: "repositories", names };
}

/** The store of the test that runs now. */
export type CurrentStore = () => MetadataStore;

export function digestFor(text: string): Digest {
  return digestOf(Buffer.from(text));
}

/** The blob whose content is `content`, as if committed to bytes under `<content>.<suffix>`. */
export function blobOf(content: string, suffix = "first"): BlobRecord {
  return { digest: digestFor(content), locator: `${content}.${suffix}` as Locator, size: content.length };
}

export function uploadOf(id: string, repository: string, expiresAt = 1_000_000): UploadRecord {
  const state = `state of ${id}`;
  return { id, repository, owner: "user:1", state, offset: 0, algorithm: "sha256", expiresAt };
}

/** Uploads a blob the way the registry does: a session, then the commit that ends it. */
export async function pushBlob(
  store: MetadataStore,
  repository: string,
  blob: BlobRecord,
  now = 1000,
  quota?: QuotaRules,
): Promise<boolean> {
  const id = `upload of ${blob.locator} to ${repository}`;
  await store.uploads.start(uploadOf(id, repository, now + 1000));
  await store.uploads.lease(repository, id, { holder: "writer", until: now + 500 }, now);
  return (
    (await store.blobLinks.commit({ uploadId: id, holder: "writer", repository, blob, now, quota })) === true
  );
}

export function needsBlob(digest: Digest): Reference {
  return { digest, kind: "blob", required: true };
}

export function listsAny(digest: Digest): Reference {
  return { digest, kind: "any", required: true };
}

/** A manifest whose bytes are `content`, without references or tags unless `more` names some. */
export function manifestOf(
  repository: string,
  content: string,
  more: Partial<ManifestCommit> = {},
): ManifestCommit {
  const bytes = Buffer.from(content);
  return {
    repository,
    digest: digestOf(bytes),
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    bytes,
    references: [],
    referencePolicy: "required",
    tags: [],
    now: 1000,
    ...more,
  };
}

export async function tagsOf(store: MetadataStore, repository: string): Promise<readonly string[]> {
  return (await store.tags.list(repository, { limit: 10_000 })).entries;
}

/** Every locator waiting to be deleted, whenever it is due. */
export function discardedBy(store: MetadataStore): Promise<Locator[]> {
  return store.discardedObjects.list(Number.MAX_SAFE_INTEGER, 10_000);
}
