// Blobs of a mirror: what is held is served, also what another repository holds when a manifest of this one names it;
// the rest comes from the upstream, by one download for all who want it.
import type { Digest } from "../../storage/digest.ts";
import type { MirrorStore } from "../../storage/metadata/mirror-store.ts";
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { BlobStat, Blobs, ByteRange, Look, OpenBlob, Visibility } from "../registry/registry.ts";
import { RemoteError } from "../remote/remote-error.ts";
import { longestWaitSeconds } from "./longest-wait.ts";
import type { MirrorEvents } from "./mirror-events.ts";
import { refuseChange } from "./refuse-change.ts";
import { askUpstream, countsAsAbsent, hiddenReason } from "./remote-refusal.ts";
import { ShortMemory } from "./short-memory.ts";
import { SingleFlight } from "./single-flight.ts";
import type { SharedDownloads } from "./fills/shared-downloads.ts";
import type { MirroredRepository, UpstreamMap } from "./upstream-map.ts";
import type { MirrorSettings } from "./upstream-settings.ts";

export interface PullThroughBlobsParts {
  readonly local: Blobs;
  readonly map: UpstreamMap;
  readonly content: Pick<MirrorStore["content"], "linkBlob">;
  /**
   * Repositories whose blobs may be served as an upstream's, when one of its manifests names them. Its own and public
   * ones, where there are private ones: who writes manifests there could else read, by its digest, what is pushed here.
   */
  readonly sharedWith: (upstream: string) => Visibility;
  readonly downloads: Pick<SharedDownloads, "open" | "wholeSize">;
  readonly settings: Pick<MirrorSettings, "negativeSeconds">;
  readonly pulled: (repository: string, digest: Digest) => void;
  readonly events: MirrorEvents;
  readonly now: () => number;
}

type ChooseRange = (size: number) => ByteRange | undefined;

const hit = { outcome: "hit", ageSeconds: 0 } as const;
const passed = { outcome: "passed", ageSeconds: 0 } as const;

export class PullThroughBlobs implements Blobs {
  readonly #parts: PullThroughBlobsParts;
  readonly #looks = new SingleFlight<BlobStat>();
  readonly #absent: ShortMemory<RemoteError>;

  constructor(parts: PullThroughBlobsParts) {
    this.#parts = parts;
    this.#absent = new ShortMemory(parts.now);
  }

  async stat(repository: RepositoryName, digest: Digest, look?: Look): Promise<BlobStat | undefined> {
    const { local, map, downloads } = this.#parts;
    const at = map.find(repository);
    if (at === undefined) return local.stat(repository, digest, look);
    const held = await this.#held(at, digest, () => local.stat(repository, digest));
    if (held !== undefined) return { ...held, cache: hit };
    const size = downloads.wholeSize({ repository, digest });
    if (size !== undefined) return { size, cache: hit };
    return this.#fromUpstream(at, digest, () =>
      this.#looks.run(keyOf(at, digest), () => this.#look(at, digest)),
    );
  }

  async open(
    repository: RepositoryName,
    digest: Digest,
    chooseRange?: ChooseRange,
  ): Promise<OpenBlob | undefined> {
    const { local, map, events } = this.#parts;
    const at = map.find(repository);
    const held = await this.#held(at, digest, () => local.open(repository, digest, chooseRange));
    if (at === undefined) return held;
    this.#parts.pulled(repository, digest);
    if (held !== undefined) {
      events.answered(at.upstream.name, "hit");
      return { ...held, cache: hit };
    }
    const blob = await this.#fromUpstream(at, digest, () =>
      this.#download(at, digest, patience(), chooseRange),
    );
    events.answered(at.upstream.name, blob === undefined ? "absent" : "miss");
    return blob;
  }

  /** Held ones alone: an upstream's own addresses are never handed on (REQ-63). */
  async redirectUrl(repository: RepositoryName, digest: Digest): Promise<string | undefined> {
    const { local, map } = this.#parts;
    const at = map.find(repository);
    const url = await this.#held(at, digest, () => local.redirectUrl(repository, digest));
    if (at !== undefined && url !== undefined) {
      this.#parts.pulled(repository, digest);
      this.#parts.events.answered(at.upstream.name, "hit");
    }
    return url;
  }

  /** From a mirrored repository into one of our own: what is pushed on top of a cached image is not sent again. */
  async mount(
    repository: RepositoryName,
    digest: Digest,
    from: RepositoryName | undefined,
    visibility: Visibility,
  ): Promise<boolean> {
    refuseChange(this.#parts.map, repository);
    return this.#parts.local.mount(repository, digest, from, visibility);
  }

  async delete(repository: RepositoryName, digest: Digest): Promise<void> {
    refuseChange(this.#parts.map, repository);
    return this.#parts.local.delete(repository, digest);
  }

  async #held<T>(
    at: MirroredRepository | undefined,
    digest: Digest,
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const found = await look();
    if (found !== undefined || at === undefined) return found;
    const { content, sharedWith, now } = this.#parts;
    const from = sharedWith(at.upstream.name);
    const isLinked = await content.linkBlob({ repository: at.repository, digest, from, now: now() });
    return isLinked ? look() : undefined;
  }

  async #fromUpstream<T>(
    at: MirroredRepository,
    digest: Digest,
    ask: () => Promise<T>,
  ): Promise<T | undefined> {
    const hidden = () => new OciError("blobUnknown", { detail: { digest, reason: hiddenReason } });
    try {
      return await askUpstream(at.upstream, () => this.#unlessAbsent(at, digest, ask), hidden);
    } catch (error) {
      this.#parts.events.answered(at.upstream.name, "refused");
      throw error;
    }
  }

  /** What an upstream says that it lacks nobody asks it for again at once. */
  async #unlessAbsent<T>(at: MirroredRepository, digest: Digest, ask: () => Promise<T>): Promise<T> {
    const known = this.#absent.get(keyOf(at, digest));
    if (known !== undefined) throw known;
    try {
      return await ask();
    } catch (error) {
      const isAbsent = error instanceof RemoteError && countsAsAbsent(at.upstream, error);
      if (isAbsent) this.#absent.set(keyOf(at, digest), error, this.#parts.settings.negativeSeconds);
      throw error;
    }
  }

  async #download(
    at: MirroredRepository,
    digest: Digest,
    signal: AbortSignal,
    chooseRange?: ChooseRange,
  ): Promise<OpenBlob> {
    const { repository, name, source } = at;
    try {
      return await this.#parts.downloads.open({
        ...{ repository, digest, name, upstream: source, chooseRange, signal },
        onCorrupt: () => source.distrust(digest),
      });
    } catch (cause) {
      if (cause instanceof RemoteError || !signal.aborted) throw cause;
      throw new RemoteError("timeout", "no byte of the blob came in time", { cause });
    }
  }

  /** Where an upstream does not say how long a blob is, it is fetched: whoever asks is about to do that. */
  async #look(at: MirroredRepository, digest: Digest): Promise<BlobStat> {
    const signal = patience();
    const there = await at.source.statBlob(at.name, digest, { signal });
    if (there.size !== undefined) return { size: there.size, cache: passed };
    const { body, size, cache } = await this.#download(at, digest, signal);
    await body.close();
    return { size, cache };
  }
}

function keyOf({ repository }: MirroredRepository, digest: Digest): string {
  return `${repository}@${digest}`;
}

function patience(): AbortSignal {
  return AbortSignal.timeout(longestWaitSeconds * 1000);
}
