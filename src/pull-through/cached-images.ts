// What is kept of upstreams, as an operator sees it: repositories, tags with their age, and giving them up by hand
// (REQ-40). Reads and the same eviction that makes room; nothing that was pushed here is ever touched.
import type { CachedManifest, MirrorStore, UpstreamUsage } from "../../storage/metadata/mirror-store.ts";
import type { Page, PageRequest, Tags } from "../../storage/metadata/metadata-store.ts";
import { isTagName } from "./referrers-lists.ts";

export interface CachedImagesParts {
  readonly mirror: Pick<MirrorStore, "content" | "eviction">;
  readonly tags: Pick<Tags, "delete">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long whoever reads a blob now may go on with it. */
  readonly graceMilliseconds: number;
}

type Listed = CachedManifest & { readonly checkedAt: number | undefined; readonly size: number };

export interface CachedImage {
  /** Those that lead to it: its own, and those of what needs it, such as an index that lists it. */
  readonly tags: readonly string[];
  readonly digest: string;
  /** When the upstream last confirmed its tags; undefined when it has none of its own. Milliseconds since 1970. */
  readonly checkedAt: number | undefined;
  readonly pulledAt: number;
}

export interface Purged {
  readonly manifests: number;
  /** That became free: what others need too is none of them. */
  readonly bytes: number;
}

const pageSize = 200;
/** Whenever it was pulled. */
const whenever = Number.MAX_SAFE_INTEGER;

export class CachedImages {
  readonly #parts: CachedImagesParts;

  constructor(parts: CachedImagesParts) {
    this.#parts = parts;
  }

  usageByUpstream(): Promise<UpstreamUsage[]> {
    return this.#parts.mirror.content.usageByUpstream();
  }

  listRepositories(page: PageRequest & { readonly upstream?: string | undefined }): Promise<Page<string>> {
    return this.#parts.mirror.content.listRepositories(page);
  }

  /** By digest. */
  async listImages(repository: string, page: PageRequest): Promise<Page<CachedImage>> {
    const { entries, more } = await this.#parts.mirror.content.listManifests(repository, page);
    return {
      entries: entries.map(({ tags, digest, checkedAt, pulledAt }) => ({
        tags: tags.filter(isTagName),
        digest,
        checkedAt,
        pulledAt,
      })),
      more,
    };
  }

  /**
   * Gives up all that is kept of a repository, or what a tag alone leads to, with the platforms of an index: content that
   * another tag leads to stays. The next pull fetches it again. undefined when nothing of it is kept.
   */
  async purge(repository: string, tag?: string): Promise<Purged | undefined> {
    const listed = await this.#listAll(repository);
    const doomed = tag === undefined ? listed : listed.filter(({ tags }) => tags.includes(tag));
    if (doomed.length === 0) return undefined;
    if (tag === undefined) return this.#evict(doomed);
    await this.#parts.tags.delete(repository, tag, this.#parts.now());
    return this.#evict(doomed.filter(({ tags }) => tags.length === 1));
  }

  async #listAll(repository: string): Promise<Listed[]> {
    const all: Listed[] = [];
    for (;;) {
      const after = all.at(-1)?.digest;
      const request = { limit: pageSize, ...(after !== undefined && { after }) };
      const { entries, more } = await this.#parts.mirror.content.listManifests(repository, request);
      all.push(...entries);
      if (!more) return all;
    }
  }

  async #evict(manifests: readonly CachedManifest[]): Promise<Purged> {
    const { mirror, now, graceMilliseconds } = this.#parts;
    const purged = { manifests: 0, bytes: 0 };
    for (const { repository, digest } of manifests) {
      const at = now();
      const times = { unlessPulledSince: whenever, now: at, dueAt: at + graceMilliseconds };
      const bytes = await mirror.eviction.evictManifest({ repository, digest }, times);
      if (bytes === undefined) continue;
      purged.manifests += 1;
      purged.bytes += bytes;
    }
    return purged;
  }
}
