// From a repository's canonical name to where it is mirrored from. Which spellings lead to that name is decided before,
// by the NamespaceResolver; here the name is only taken apart.
import type { RepositoryName } from "../oci/repository-name.ts";
import type { OrderedSources } from "./ordered-sources.ts";
import { tagTtlOf } from "./tag-ttl.ts";
import type { UpstreamSettings } from "./upstream-settings.ts";

/** A repository of an upstream. */
export interface MirroredRepository {
  /** `<upstream>/<name>`: what it is called here. */
  readonly repository: RepositoryName;
  /** What the upstream calls it. */
  readonly name: string;
  readonly upstream: UpstreamSettings;
  readonly source: OrderedSources;
  /** For how long its word on a tag of `name` is taken as true. */
  readonly ttlSecondsOf: (name: string, tag: string) => number;
}

export class UpstreamMap {
  readonly #upstreams: ReadonlyMap<string, Omit<MirroredRepository, "repository" | "name">>;

  constructor(upstreams: readonly UpstreamSettings[], open: (upstream: UpstreamSettings) => OrderedSources) {
    this.#upstreams = new Map(
      upstreams.map((upstream) => [
        upstream.name,
        { upstream, source: open(upstream), ttlSecondsOf: tagTtlOf(upstream) },
      ]),
    );
  }

  /** Undefined for a repository of our own. */
  find(repository: RepositoryName): MirroredRepository | undefined {
    const slash = repository.indexOf("/");
    if (slash === -1) return undefined;
    const found = this.#upstreams.get(repository.slice(0, slash));
    return found && { ...found, repository, name: repository.slice(slash + 1) };
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#upstreams.values(), ({ source }) => source.close()));
  }
}
