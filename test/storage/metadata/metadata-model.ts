// What the metadata store should answer, in plain maps and loops: slow, obvious, and the measure of the real one.
import type { Digest } from "../../../storage/digest.ts";
import type { ManifestCommit } from "../../../storage/metadata/metadata-store.ts";
import type { BlobRecord, Reference } from "../../../storage/metadata/records.ts";

interface ModelRepository {
  readonly links: Set<Digest>;
  readonly manifests: Map<Digest, readonly Reference[]>;
  readonly tags: Map<string, Digest>;
}

/** An outcome, and where one digest is named, all that would be right. */
export interface Expected {
  readonly outcome: string;
  readonly digests?: readonly (Digest | undefined)[];
}

export class MetadataModel {
  readonly blobs = new Map<Digest, BlobRecord & { readonly damaged: boolean }>();
  readonly discarded = new Set<string>();
  readonly #repositories = new Map<string, ModelRepository>();

  repository(name: string): ModelRepository {
    const known = this.#repositories.get(name) ?? { links: new Set(), manifests: new Map(), tags: new Map() };
    this.#repositories.set(name, known);
    return known;
  }

  find(repository: string, digest: Digest): BlobRecord | undefined {
    const blob = this.blobs.get(digest);
    if (blob === undefined || blob.damaged || !this.repository(repository).links.has(digest))
      return undefined;
    return { digest, locator: blob.locator, size: blob.size };
  }

  push(repository: string, blob: BlobRecord): void {
    const old = this.blobs.get(blob.digest);
    if (old === undefined || old.damaged) this.blobs.set(blob.digest, { ...blob, damaged: false });
    if (old !== undefined) this.discarded.add(old.damaged ? old.locator : blob.locator);
    this.repository(repository).links.add(blob.digest);
  }

  mount(repository: string, digest: Digest, from: string | undefined): boolean {
    const sources = from === undefined ? [...this.#repositories.keys()] : [from];
    const found = sources.some((source) => this.find(source, digest) !== undefined);
    if (found) this.repository(repository).links.add(digest);
    return found;
  }

  unlink(repository: string, digest: Digest): Expected {
    if (this.find(repository, digest) === undefined) return { outcome: "absent" };
    const digests = this.#parentsOf(repository, digest, ["blob", "any"]);
    if (digests.length > 0) return { outcome: "needed", digests };
    this.repository(repository).links.delete(digest);
    this.#giveUpUnlinked(digest);
    return { outcome: "unlinked" };
  }

  damage(blob: BlobRecord): void {
    const known = this.blobs.get(blob.digest);
    if (known?.locator === blob.locator) this.blobs.set(blob.digest, { ...known, damaged: true });
  }

  commit(commit: ManifestCommit): Expected {
    const { manifests, tags } = this.repository(commit.repository);
    if (commit.precondition !== undefined) {
      const { tag, demand } = commit.precondition;
      const own = manifests.has(commit.digest) ? commit.digest : undefined;
      const current = tag === undefined ? own : tags.get(tag);
      const matches =
        current !== undefined &&
        demand.kind === "matches" &&
        (demand.digests === "any" || demand.digests.includes(current));
      if (demand.kind === "absent" ? current !== undefined : !matches) {
        return { outcome: "precondition-failed", digests: [current] };
      }
    }
    const missing = commit.references.filter(
      ({ digest, kind, required }) =>
        required &&
        !(kind === "any" && manifests.has(digest)) &&
        this.find(commit.repository, digest) === undefined,
    );
    if (commit.referencePolicy === "required" && missing.length > 0) {
      return { outcome: "missing", digests: missing.map((reference) => reference.digest) };
    }
    manifests.set(commit.digest, commit.references);
    for (const tag of commit.tags) tags.set(tag, commit.digest);
    return { outcome: "committed" };
  }

  deleteManifest(repository: string, digest: Digest): Expected {
    const { manifests, tags } = this.repository(repository);
    if (!manifests.has(digest)) return { outcome: "absent" };
    const digests = this.#parentsOf(repository, digest, ["any"]);
    if (digests.length > 0) return { outcome: "needed", digests };
    manifests.delete(digest);
    for (const [tag, tagged] of tags) if (tagged === digest) tags.delete(tag);
    return { outcome: "deleted" };
  }

  existing(): string[] {
    return [...this.#repositories].filter(([, { manifests }]) => manifests.size > 0).map(([name]) => name);
  }

  /** In how many manifests, over all repositories, the digest is named. */
  referenceCount(digest: Digest): number {
    const manifests = [...this.#repositories.values()].flatMap((repository) => [
      ...repository.manifests.values(),
    ]);
    return manifests.filter((references) => references.some((reference) => reference.digest === digest))
      .length;
  }

  /** A blob goes with its last link, its bytes by the delete queue. */
  #giveUpUnlinked(digest: Digest): void {
    const blob = this.blobs.get(digest);
    if (blob === undefined || [...this.#repositories.values()].some(({ links }) => links.has(digest))) return;
    this.blobs.delete(digest);
    this.discarded.add(blob.locator);
  }

  #parentsOf(repository: string, child: Digest, kinds: readonly Reference["kind"][]): Digest[] {
    return [...this.repository(repository).manifests]
      .filter(([, references]) =>
        references.some(({ digest, kind }) => digest === child && kinds.includes(kind)),
      )
      .map(([digest]) => digest);
  }
}
