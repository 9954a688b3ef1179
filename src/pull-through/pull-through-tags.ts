// The tags of a mirrored repository: the upstream's list while it can be asked, else what is cached of it.
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { Page, PageRequest, TagsPage, Tags } from "../registry/registry.ts";
import { RemoteError } from "../remote/remote-error.ts";
import { longestWaitSeconds } from "./longest-wait.ts";
import type { MirrorEvents } from "./mirror-events.ts";
import { isTagName } from "./referrers-lists.ts";
import { askUpstream, countsAsAbsent, hiddenReason, staleReasons } from "./remote-refusal.ts";
import { ShortMemory } from "./short-memory.ts";
import { SingleFlight } from "./single-flight.ts";
import type { MirroredRepository, UpstreamMap } from "./upstream-map.ts";
import type { MirrorSettings } from "./upstream-settings.ts";

export interface PullThroughTagsParts {
  readonly local: Tags;
  readonly map: UpstreamMap;
  readonly settings: Pick<MirrorSettings, "checkSeconds" | "backoffSeconds" | "negativeSeconds">;
  readonly events: MirrorEvents;
  readonly now: () => number;
}

/** Each may be a thousand tags. */
const maxPages = 500;

export class PullThroughTags implements Tags {
  readonly #parts: PullThroughTagsParts;
  readonly #asking = new SingleFlight<Page<string>>();
  readonly #pages: ShortMemory<Page<string>>;
  readonly #failures: ShortMemory<RemoteError>;

  constructor(parts: PullThroughTagsParts) {
    this.#parts = parts;
    this.#pages = new ShortMemory(parts.now, maxPages);
    this.#failures = new ShortMemory(parts.now);
  }

  async list(repository: RepositoryName, page: PageRequest): Promise<TagsPage | undefined> {
    const { local, map, events } = this.#parts;
    const at = map.find(repository);
    if (at === undefined) return local.list(repository, page);
    const cached = ofTags(await local.list(repository, page));
    const answer = await this.#answer(at, page, cached);
    events.answered(at.upstream.name, answer?.cache?.outcome ?? "absent", answer?.cache?.reason);
    return answer;
  }

  async #answer(
    at: MirroredRepository,
    page: PageRequest,
    cached: Page<string> | undefined,
  ): Promise<TagsPage | undefined> {
    // A page of nothing asks whether there is such a repository.
    const key = JSON.stringify([at.repository, page.after, page.limit]);
    const known = this.#pages.get(key);
    if (known !== undefined) return { ...known, cache: { outcome: "hit", ageSeconds: 0 } };
    try {
      const listed = await this.#asking.run(key, () => this.#ask(key, at, page, cached !== undefined));
      return { ...listed, cache: { outcome: "miss", ageSeconds: 0 } };
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      if (cached !== undefined) return this.#stale(at, cached, error);
      const hidden = () =>
        new OciError("nameUnknown", { detail: { name: at.repository, reason: hiddenReason } });
      return askUpstream(at.upstream, () => Promise.reject(error), hidden);
    }
  }

  #stale(at: MirroredRepository, cached: Page<string>, { failure }: RemoteError): TagsPage | undefined {
    if (failure === "absent" && at.upstream.onDeletion === "follow") return undefined;
    return { ...cached, cache: { outcome: "stale", ageSeconds: 0, reason: staleReasons[failure] } };
  }

  async #ask(
    key: string,
    at: MirroredRepository,
    { after, limit }: PageRequest,
    isCached: boolean,
  ): Promise<Page<string>> {
    const { settings } = this.#parts;
    const known = this.#failures.get(key);
    if (known !== undefined) throw known;
    const signal = AbortSignal.timeout((isCached ? settings.checkSeconds : longestWaitSeconds) * 1000);
    try {
      const asked = await at.source.listTags(at.name, { after, limit: Math.max(1, limit) }, { signal });
      const page: Page<string> =
        limit === 0
          ? { entries: [], more: asked.tags.length > 0 }
          : { entries: asked.tags.slice(0, limit), more: asked.more || asked.tags.length > limit };
      this.#pages.set(key, page, settings.negativeSeconds);
      return page;
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      if (isCached) this.#failures.set(key, error, settings.backoffSeconds);
      else if (countsAsAbsent(at.upstream, error)) this.#failures.set(key, error, settings.negativeSeconds);
      throw error;
    }
  }
}

/** Other names stand behind all tags. */
function ofTags(page: Page<string> | undefined): Page<string> | undefined {
  if (page === undefined || page.entries.every(isTagName)) return page;
  return { entries: page.entries.filter(isTagName), more: false };
}
