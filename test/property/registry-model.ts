// What a registry does, in the fewest words: sets of digests in each repository, and the rules by which they change.
// Answers are statuses, with what was missing or in the way where the registry tells it.
import {
  artifact,
  describeManifest,
  digestOf,
  imageIndex,
  imageManifest,
  type Manifest,
} from "../support/images.ts";

/** A manifest of the fixed little world, with what it needs and what it lists. */
export interface KnownManifest extends Manifest {
  readonly blobs: readonly string[];
  readonly children: readonly string[];
  readonly subject?: string;
}

export const blobs: readonly Buffer[] = ["{}", "one", "two", "three"].map((text) => Buffer.from(text));
const digests = blobs.map((blob) => digestOf(blob));
const [empty, one, two, three] = blobs as [Buffer, Buffer, Buffer, Buffer];

const imageA: KnownManifest = {
  ...imageManifest(empty, [one, two]),
  blobs: digests.slice(0, 3),
  children: [],
};
const imageB: KnownManifest = {
  ...imageManifest(empty, [three]),
  blobs: [digests[0]!, digests[3]!],
  children: [],
};
const index = imageIndex([describeManifest(imageA), describeManifest(imageB)]);
const list: KnownManifest = { ...index, blobs: [], children: [imageA.digest, imageB.digest] };
const nested: KnownManifest = { ...imageIndex([describeManifest(list)]), blobs: [], children: [list.digest] };
const signature: KnownManifest = {
  ...artifact("application/vnd.example.signature", describeManifest(imageA)),
  blobs: [digests[0]!],
  children: [],
  subject: imageA.digest,
};

export const manifests: readonly KnownManifest[] = [imageA, imageB, list, nested, signature];

interface Repository {
  readonly blobs: Set<string>;
  readonly manifests: Map<string, KnownManifest>;
  readonly tags: Map<string, string>;
}

export class RegistryModel {
  readonly repositories: ReadonlyMap<string, Repository>;

  constructor(names: readonly string[]) {
    this.repositories = new Map(
      names.map((name) => [name, { blobs: new Set(), manifests: new Map(), tags: new Map() }]),
    );
  }

  pushBlob(name: string, digest: string): number {
    this.#at(name).blobs.add(digest);
    return 201;
  }

  mount(name: string, digest: string, from: string): number {
    return this.#at(from).blobs.has(digest) ? this.pushBlob(name, digest) : 202;
  }

  putManifest(
    name: string,
    manifest: KnownManifest,
    tag: string | undefined,
    onlyNew: boolean,
  ): number | string[] {
    const repository = this.#at(name);
    const present = tag === undefined ? repository.manifests.has(manifest.digest) : repository.tags.has(tag);
    if (onlyNew && present) return 412;
    const missing = [
      ...manifest.blobs.filter((digest) => !repository.blobs.has(digest)),
      ...manifest.children.filter((digest) => !repository.manifests.has(digest)),
    ];
    if (missing.length > 0) return missing;
    repository.manifests.set(manifest.digest, manifest);
    if (tag !== undefined) repository.tags.set(tag, manifest.digest);
    return 201;
  }

  deleteTag(name: string, tag: string): number {
    return this.#at(name).tags.delete(tag) ? 202 : 404;
  }

  deleteManifest(name: string, digest: string): number {
    const repository = this.#at(name);
    if (!repository.manifests.has(digest)) return 404;
    for (const { children } of repository.manifests.values()) if (children.includes(digest)) return 405;
    repository.manifests.delete(digest);
    for (const [tag, target] of repository.tags) if (target === digest) repository.tags.delete(tag);
    return 202;
  }

  deleteBlob(name: string, digest: string): number {
    const repository = this.#at(name);
    if (!repository.blobs.has(digest)) return 404;
    for (const manifest of repository.manifests.values()) if (manifest.blobs.includes(digest)) return 405;
    repository.blobs.delete(digest);
    return 202;
  }

  /** undefined when the repository does not exist. */
  tags(name: string): string[] | undefined {
    const repository = this.#at(name);
    return repository.manifests.size === 0 ? undefined : [...repository.tags.keys()].toSorted();
  }

  catalog(): string[] {
    return [...this.repositories]
      .flatMap(([name, { manifests }]) => (manifests.size > 0 ? [name] : []))
      .toSorted();
  }

  referrers(name: string, subject: string): string[] {
    const all = [...this.#at(name).manifests.values()];
    return all.flatMap((manifest) => (manifest.subject === subject ? [manifest.digest] : [])).toSorted();
  }

  #at(name: string): Repository {
    const repository = this.repositories.get(name);
    if (repository === undefined) throw new Error(`${name} is not in the model`);
    return repository;
  }
}
