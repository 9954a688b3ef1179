// What a tag means now (REQ-33, REQ-35, REQ-40), for HEAD and GET alike, and for whatever else is kept under a tag.
//
//   cached? ─yes─▶ within its TTL ──────────────────────────────▶ hit, nobody is asked
//      │              └no─▶ asked in vain lately, limit near ───▶ stale
//      │                       └no─▶ one HEAD for all who wait ─▶ hit, or miss when it moved; stale when that fails
//      └no─▶ said to be absent lately ─▶ 404 └no─▶ one HEAD, one GET by digest ─▶ miss
import type { Digest } from "../../storage/digest.ts";
import type { CachedTag, MirrorStore } from "../../storage/metadata/mirror-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { StoredManifest } from "../registry/registry.ts";
import { RemoteError } from "../remote/remote-error.ts";
import type { RemoteManifest } from "../remote/upstream.ts";
import { longestWaitSeconds } from "./longest-wait.ts";
import type { ManifestCache } from "./manifest-cache.ts";
import { countsAsAbsent, staleReasons } from "./remote-refusal.ts";
import { ShortMemory } from "./short-memory.ts";
import { SingleFlight } from "./single-flight.ts";
import type { MirroredRepository } from "./upstream-map.ts";
import type { MirrorSettings } from "./upstream-settings.ts";

/** A question about a tag of an upstream, and how to ask it. */
export interface Inquiry {
  readonly at: MirroredRepository;
  /** Or another name that something is kept under, which no tag can be. */
  readonly tag: string;
  readonly ttlSeconds: number;
  /** What it is now: a digest, or the manifest where the upstream does not say its digest. */
  ask(signal: AbortSignal): Promise<Digest | RemoteManifest>;
  fetch(digest: Digest, signal: AbortSignal): Promise<RemoteManifest>;
}

export interface TagFreshnessParts {
  readonly mirror: Pick<MirrorStore, "tags">;
  readonly tags: Pick<MetadataStore["tags"], "delete">;
  readonly cache: ManifestCache;
  readonly settings: Pick<
    MirrorSettings,
    "checkSeconds" | "backoffSeconds" | "negativeSeconds" | "rateLimitReserve"
  >;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How long a limit holds whose window the upstream does not say. */
const limitWindowSeconds = 3600;

type Verdict = { readonly manifest: StoredManifest; readonly fetched: boolean } | "gone";

export class TagFreshness {
  readonly #parts: TagFreshnessParts;
  readonly #checks = new SingleFlight<Verdict>();
  readonly #waits = new SingleFlight<Verdict | "slow">();
  /** Tags that are not asked about for a while, with the reason. */
  readonly #quiet: ShortMemory<string>;
  readonly #absent: ShortMemory<RemoteError>;

  constructor(parts: TagFreshnessParts) {
    this.#parts = parts;
    this.#quiet = new ShortMemory(parts.now);
    this.#absent = new ShortMemory(parts.now);
  }

  /**
   * The manifest with a note of where it came from.
   * @throws RemoteError when nothing is cached; `absent` also when the upstream's deletion is followed
   */
  async resolve(inquiry: Inquiry): Promise<StoredManifest> {
    const key = keyOf(inquiry);
    const cached = await this.#parts.mirror.tags.find(inquiry.at.repository, inquiry.tag);
    if (cached !== undefined) return this.#confirmed(key, inquiry, cached);
    const known = this.#absent.get(key);
    if (known !== undefined) throw known;
    const verdict = await this.#checks.run(key, () => this.#check(key, inquiry, undefined));
    if (verdict === "gone") throw absence(inquiry);
    return answer(verdict);
  }

  async #confirmed(key: string, inquiry: Inquiry, cached: CachedTag): Promise<StoredManifest> {
    const age = this.#ageOf(cached);
    if (age !== undefined && age < inquiry.ttlSeconds) {
      return { ...cached.manifest, cache: { outcome: "hit", ageSeconds: Math.floor(age) } };
    }
    const stale = (reason: string): StoredManifest => ({
      ...cached.manifest,
      cache: { outcome: "stale", ageSeconds: Math.floor(age ?? 0), reason },
    });
    const known = this.#quiet.get(key) ?? this.#nearLimit(inquiry);
    if (known !== undefined) return stale(known);
    try {
      const verdict = await this.#waits.run(key, () => this.#patiently(key, inquiry, cached));
      if (verdict === "slow") return stale(staleReasons.timeout);
      if (verdict !== "gone") return answer(verdict);
      if (inquiry.at.upstream.onDeletion === "keep") return stale(staleReasons.absent);
      throw absence(inquiry);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.failure === "absent") throw error;
      return stale(staleReasons[error.failure]);
    }
  }

  /** A check goes on behind the back of those who have waited long enough: the next ones find what it brought. */
  async #patiently(key: string, inquiry: Inquiry, cached: CachedTag): Promise<Verdict | "slow"> {
    const { checkSeconds, backoffSeconds } = this.#parts.settings;
    const check = this.#checks.run(key, () => this.#check(key, inquiry, cached));
    let timer: NodeJS.Timeout | undefined;
    const slow = new Promise<"slow">((resolve) => {
      timer = setTimeout(() => resolve("slow"), checkSeconds * 1000);
    });
    try {
      const verdict = await Promise.race([check, slow]);
      if (verdict === "slow") this.#quiet.set(key, staleReasons.timeout, backoffSeconds);
      return verdict;
    } finally {
      clearTimeout(timer);
    }
  }

  async #check(key: string, inquiry: Inquiry, cached: CachedTag | undefined): Promise<Verdict> {
    const { checkSeconds, negativeSeconds } = this.#parts.settings;
    const signal = AbortSignal.timeout(longestWaitSeconds * 1000);
    const head =
      cached === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(checkSeconds * 1000)]);
    try {
      const verdict = await this.#accept(inquiry, await inquiry.ask(head), signal);
      this.#quiet.forget(key);
      return verdict;
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      if (cached === undefined) {
        if (countsAsAbsent(inquiry.at.upstream, error)) this.#absent.set(key, error, negativeSeconds);
        throw error;
      }
      if (error.failure === "absent") return this.#deleted(key, inquiry, cached, error);
      this.#keepQuiet(key, error);
      throw error;
    }
  }

  async #accept(inquiry: Inquiry, said: Digest | RemoteManifest, signal: AbortSignal): Promise<Verdict> {
    const { mirror, cache, now } = this.#parts;
    const { repository } = inquiry.at;
    if (typeof said === "string" && (await mirror.tags.confirm(repository, inquiry.tag, said, now()))) {
      const confirmed = await mirror.tags.find(repository, inquiry.tag);
      if (confirmed !== undefined) return { manifest: confirmed.manifest, fetched: false };
    }
    const fetched = typeof said === "string" ? await this.#fetch(inquiry, said, signal) : said;
    return { manifest: await cache.keep(repository, fetched, [inquiry.tag]), fetched: true };
  }

  async #fetch(inquiry: Inquiry, digest: Digest, signal: AbortSignal): Promise<RemoteManifest> {
    try {
      return await inquiry.fetch(digest, signal);
    } catch (cause) {
      if (!(cause instanceof RemoteError) || cause.failure !== "absent") throw cause;
      throw new RemoteError("failing", `a tag stands for ${digest}, which the upstream does not have`, {
        cause,
      });
    }
  }

  /** By policy: what is cached outlives its upstream, or goes with it (the manifest itself goes by eviction). */
  async #deleted(key: string, inquiry: Inquiry, cached: CachedTag, error: RemoteError): Promise<Verdict> {
    if (inquiry.at.upstream.onDeletion === "keep") {
      this.#quiet.set(key, staleReasons.absent, this.#parts.settings.backoffSeconds);
      return "gone";
    }
    const { tags, now } = this.#parts;
    await tags.delete(inquiry.at.repository, inquiry.tag, now(), [cached.manifest.digest]);
    this.#absent.set(key, error, this.#parts.settings.negativeSeconds);
    return "gone";
  }

  #keepQuiet(key: string, { failure, retryAfterSeconds = 0 }: RemoteError): void {
    const { backoffSeconds } = this.#parts.settings;
    this.#quiet.set(key, staleReasons[failure], Math.max(backoffSeconds, retryAfterSeconds));
  }

  /** What is left of the upstream's limit is kept for what nobody has yet. */
  #nearLimit({ at }: Inquiry): string | undefined {
    const limit = at.source.rateLimit();
    if (limit === undefined || limit.remaining >= this.#parts.settings.rateLimitReserve) return undefined;
    const until = limit.at + (limit.windowSeconds ?? limitWindowSeconds) * 1000;
    return this.#parts.now() < until ? staleReasons["rate-limited"] : undefined;
  }

  /** In seconds; undefined when nobody confirmed it, or only in a future that a clock has left. */
  #ageOf({ checkedAt }: CachedTag): number | undefined {
    const age = checkedAt === undefined ? -1 : (this.#parts.now() - checkedAt) / 1000;
    return age < 0 ? undefined : age;
  }
}

function keyOf({ at, tag }: Inquiry): string {
  return `${at.repository}:${tag}`;
}

function absence({ tag }: Inquiry): RemoteError {
  return new RemoteError("absent", `the upstream has no tag ${tag} any more`);
}

function answer({ manifest, fetched }: Exclude<Verdict, "gone">): StoredManifest {
  return fetched ? manifest : { ...manifest, cache: { outcome: "hit", ageSeconds: 0 } };
}
