// Manifests of a mirror: by digest what is held, else what the upstream has; by tag as tag-freshness.ts decides.
import type { Digest } from "../../storage/digest.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { OciError } from "../oci/oci-error.ts";
import type { Reference, Tag } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { Look, ManifestPut, Manifests, PutManifest, StoredManifest } from "../registry/registry.ts";
import { RemoteError } from "../remote/remote-error.ts";
import { longestWaitSeconds } from "./longest-wait.ts";
import type { ManifestCache } from "./manifest-cache.ts";
import type { MirrorEvents } from "./mirror-events.ts";
import { refuseChange } from "./refuse-change.ts";
import { askUpstream, countsAsAbsent, hiddenReason } from "./remote-refusal.ts";
import { ShortMemory } from "./short-memory.ts";
import { SingleFlight } from "./single-flight.ts";
import type { Inquiry, TagFreshness } from "./tag-freshness.ts";
import type { MirroredRepository, UpstreamMap } from "./upstream-map.ts";
import type { MirrorSettings } from "./upstream-settings.ts";

export interface PullThroughManifestsParts {
  readonly local: Manifests;
  readonly map: UpstreamMap;
  readonly held: Pick<MetadataStore["manifests"], "findByDigest">;
  readonly freshness: TagFreshness;
  readonly cache: ManifestCache;
  readonly settings: Pick<MirrorSettings, "maxManifestBytes" | "negativeSeconds">;
  /** Notes that somebody pulled it: what nobody pulls goes first. */
  readonly pulled: (repository: string, digest: Digest) => void;
  readonly events: MirrorEvents;
  readonly now: () => number;
}

export class PullThroughManifests implements Manifests {
  readonly #parts: PullThroughManifestsParts;
  readonly #fetches = new SingleFlight<StoredManifest>();
  readonly #absent: ShortMemory<RemoteError>;

  constructor(parts: PullThroughManifestsParts) {
    this.#parts = parts;
    this.#absent = new ShortMemory(parts.now);
  }

  async find(
    repository: RepositoryName,
    reference: Reference,
    look?: Look,
  ): Promise<StoredManifest | undefined> {
    const at = this.#parts.map.find(repository);
    if (at === undefined) return this.#parts.local.find(repository, reference, look);
    const manifest = await this.#answer(at, reference);
    const { cache, digest } = manifest ?? {};
    this.#parts.events.answered(at.upstream.name, cache?.outcome ?? "absent", cache?.reason);
    if (digest !== undefined) this.#parts.pulled(repository, digest);
    return manifest;
  }

  async announce(repository: RepositoryName, bytes: number): Promise<void> {
    refuseChange(this.#parts.map, repository);
    return this.#parts.local.announce(repository, bytes);
  }

  async put(repository: RepositoryName, reference: Reference, put: ManifestPut): Promise<PutManifest> {
    refuseChange(this.#parts.map, repository);
    return this.#parts.local.put(repository, reference, put);
  }

  async delete(...[repository, ...rest]: Parameters<Manifests["delete"]>): Promise<void> {
    refuseChange(this.#parts.map, repository);
    return this.#parts.local.delete(repository, ...rest);
  }

  async #answer(at: MirroredRepository, reference: Reference): Promise<StoredManifest | undefined> {
    const { events } = this.#parts;
    const ask = () =>
      reference.kind === "tag"
        ? this.#parts.freshness.resolve(this.#inquiry(at, reference.tag))
        : this.#byDigest(at, reference.digest);
    const hidden = () => {
      const detail = reference.kind === "tag" ? { tag: reference.tag } : { digest: reference.digest };
      return new OciError("manifestUnknown", { detail: { ...detail, reason: hiddenReason } });
    };
    try {
      return await askUpstream(at.upstream, ask, hidden);
    } catch (error) {
      events.answered(at.upstream.name, "refused");
      throw error;
    }
  }

  async #byDigest(at: MirroredRepository, digest: Digest): Promise<StoredManifest> {
    const { held } = this.#parts;
    const found = await held.findByDigest(at.repository, digest);
    if (found !== undefined) return { ...found, cache: { outcome: "hit", ageSeconds: 0 } };
    const key = `${at.repository}@${digest}`;
    const known = this.#absent.get(key);
    if (known !== undefined) throw known;
    return this.#fetches.run(key, () => this.#fetch(key, at, digest));
  }

  async #fetch(key: string, at: MirroredRepository, digest: Digest): Promise<StoredManifest> {
    const { cache, settings } = this.#parts;
    const signal = AbortSignal.timeout(longestWaitSeconds * 1000);
    try {
      const fetched = await at.source.fetchManifest(at.name, digest, {
        signal,
        maxBytes: settings.maxManifestBytes,
      });
      return await cache.keep(at.repository, fetched, []);
    } catch (error) {
      const isAbsent = error instanceof RemoteError && countsAsAbsent(at.upstream, error);
      if (isAbsent) this.#absent.set(key, error, settings.negativeSeconds);
      throw error;
    }
  }

  #inquiry(at: MirroredRepository, tag: Tag): Inquiry {
    const { maxManifestBytes: maxBytes } = this.#parts.settings;
    const { source, name } = at;
    return {
      at,
      tag,
      ttlSeconds: at.ttlSecondsOf(name, tag),
      ask: async (signal) =>
        (await source.resolve(name, tag, { signal })).digest ??
        (await source.fetchManifest(name, tag, { signal, maxBytes })),
      fetch: (digest, signal) => source.fetchManifest(name, digest, { signal, maxBytes }),
    };
  }
}
