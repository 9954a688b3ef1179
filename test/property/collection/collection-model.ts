// What a registry that collects its garbage has promised, in the words of the design and not of its tables: who needs
// what is asked anew each time, by looking at everything there is.
//
// A manifest is wanted while a tag points at it, a manifest that lists it is there, or its subject is; one that was
// pushed by digest, or that lost its tag to another manifest, is wanted for its own sake. It is released by DELETE of
// its last tag, by a rule of retention, and with the last that needed it. A link is wanted while a manifest names its
// blob. Nothing goes within a grace of when it was last touched, or needed; all of the rest goes.
//
// When manifests are collected is told to the model, which checks it. When links are it does not know: one whose grace
// is over is there `perhaps`, until an answer of the registry tells.
import type { Digest } from "../../../storage/digest.ts";
import { nameOf, type KnownManifest } from "./known-content.ts";

export type Presence = "present" | "perhaps" | "absent";

interface HeldManifest {
  readonly content: KnownManifest;
  /** Since when nobody wants it for its own sake; undefined is a root, unless something needs it that goes. */
  releasedAt: number | undefined;
  /** Pushed, asked for by a pusher, or needed by something that is gone. */
  touchedAt: number;
}

interface HeldRepository {
  readonly manifests: Map<Digest, HeldManifest>;
  readonly tags: Map<string, Digest>;
  /** When each was last touched. */
  readonly links: Map<Digest, number>;
}

export class CollectionModel {
  readonly #grace: number;
  readonly #repositories: ReadonlyMap<string, HeldRepository>;

  constructor(names: readonly string[], graceMilliseconds: number) {
    const empty = () => ({ manifests: new Map(), tags: new Map(), links: new Map() });
    this.#grace = graceMilliseconds;
    this.#repositories = new Map(names.map((name) => [name, empty()]));
  }

  manifestsIn(repository: string): readonly KnownManifest[] {
    return [...this.#at(repository).manifests.values()].map(({ content }) => content);
  }

  tagsIn(repository: string): ReadonlyMap<string, Digest> {
    return this.#at(repository).tags;
  }

  hasManifest(repository: string, digest: Digest): boolean {
    return this.#at(repository).manifests.has(digest);
  }

  /** A present manifest that lists it. */
  isListed(repository: string, digest: Digest): boolean {
    return this.manifestsIn(repository).some(({ children }) => children.includes(digest));
  }

  isNamed(repository: string, digest: Digest): boolean {
    return this.manifestsIn(repository).some(({ blobs }) => blobs.includes(digest));
  }

  link(repository: string, digest: Digest, now: number): Presence {
    const { links } = this.#at(repository);
    const touchedAt = links.get(digest);
    if (touchedAt === undefined) return "absent";
    const goesAt = this.#linkFreeSince(repository, digest, touchedAt);
    return goesAt === undefined || goesAt + this.#grace > now ? "present" : "perhaps";
  }

  /** Whether a manifest could be pushed: everything that it needs. */
  needs(repository: string, { blobs, children }: KnownManifest, now: number): ReadonlyMap<Digest, Presence> {
    const ofChild = (digest: Digest) => (this.hasManifest(repository, digest) ? "present" : "absent");
    return new Map([
      ...blobs.map((digest) => [digest, this.link(repository, digest, now)] as const),
      ...children.map((digest) => [digest, ofChild(digest)] as const),
    ]);
  }

  /** Pushed, mounted or asked for. */
  linked(repository: string, digest: Digest, touchedAt: number): void {
    const { links } = this.#at(repository);
    links.set(digest, Math.max(links.get(digest) ?? 0, touchedAt));
  }

  unlinked(repository: string, digest: Digest): void {
    this.#at(repository).links.delete(digest);
  }

  askedFor(repository: string, digest: Digest, touchedAt: number): void {
    const held = this.#get(repository, digest);
    held.touchedAt = Math.max(held.touchedAt, touchedAt);
  }

  put(repository: string, content: KnownManifest, tag: string | undefined, now: number): void {
    const { manifests, tags } = this.#at(repository);
    manifests.set(content.digest, { content, releasedAt: undefined, touchedAt: now });
    for (const digest of content.blobs) this.linked(repository, digest, 0);
    if (tag === undefined) return;
    const before = tags.get(tag);
    if (before !== undefined) this.#get(repository, before).touchedAt = now;
    tags.set(tag, content.digest);
  }

  deleteTag(repository: string, tag: string, now: number): void {
    const { tags } = this.#at(repository);
    const digest = tags.get(tag);
    tags.delete(tag);
    if (digest === undefined || this.#isTagged(repository, digest)) return;
    this.#get(repository, digest).releasedAt = now;
  }

  /** By digest: gone at once, and what it held a grace later. */
  deleteManifest(repository: string, digest: Digest, now: number): void {
    const { tags } = this.#at(repository);
    for (const [tag, target] of tags) if (target === digest) tags.delete(tag);
    this.#remove(repository, digest, now);
  }

  /** By a rule of retention, which can't hit what is needed. */
  release(repository: string, digest: Digest, now: number): void {
    const held = this.#at(repository).manifests.get(digest);
    if (held !== undefined && !this.#isNeeded(repository, held.content)) held.releasedAt = now;
  }

  /** @throws Error when somebody may still want it */
  collected(repository: string, digest: Digest, now: number): void {
    const held = this.#get(repository, digest);
    const what = `${nameOf(digest)} of ${repository} was collected`;
    if (this.#isNeeded(repository, held.content)) throw new Error(`${what}, which something needs`);
    const freeSince = this.#freeSince(repository, held);
    if (freeSince === undefined) throw new Error(`${what}, which nobody released`);
    if (freeSince + this.#grace > now) throw new Error(`${what} ${now - freeSince} ms after it was wanted`);
    this.#remove(repository, digest, freeSince);
  }

  /**
   * All was collected that nobody wanted a grace ago.
   * @throws Error when a manifest was forgotten
   */
  allCollected(repository: string, now: number): void {
    const { manifests, links } = this.#at(repository);
    for (const held of manifests.values()) {
      if (this.#freeSince(repository, held) === undefined) continue;
      throw new Error(`${held.content.name} of ${repository} is still there, a grace after nobody wants it`);
    }
    for (const digest of [...links.keys()]) {
      if (this.link(repository, digest, now) === "perhaps") links.delete(digest);
    }
  }

  #remove(repository: string, digest: Digest, at: number): void {
    const { manifests, links } = this.#at(repository);
    const { content } = this.#get(repository, digest);
    manifests.delete(digest);
    for (const blob of content.blobs) links.set(blob, Math.max(links.get(blob) ?? 0, at));
    for (const held of manifests.values()) {
      const followed = content.children.includes(held.content.digest) || held.content.subject === digest;
      if (!followed) continue;
      held.touchedAt = Math.max(held.touchedAt, at);
      if (!this.#isNeeded(repository, held.content)) held.releasedAt = Math.max(held.releasedAt ?? 0, at);
    }
  }

  /** Since when nobody wants a manifest: undefined while somebody does. */
  #freeSince(repository: string, { content, releasedAt, touchedAt }: HeldManifest): number | undefined {
    if (this.#isTagged(repository, content.digest)) return undefined;
    const holders = this.#holdersOf(repository, content);
    if (holders.length === 0 && releasedAt === undefined) return undefined;
    let since = Math.max(releasedAt ?? 0, touchedAt);
    for (const holder of holders) {
      const ofHolder = this.#freeSince(repository, holder);
      if (ofHolder === undefined) return undefined;
      since = Math.max(since, ofHolder);
    }
    return since;
  }

  #linkFreeSince(repository: string, digest: Digest, touchedAt: number): number | undefined {
    let since = touchedAt;
    for (const held of this.#at(repository).manifests.values()) {
      if (!held.content.blobs.includes(digest)) continue;
      const ofHolder = this.#freeSince(repository, held);
      if (ofHolder === undefined) return undefined;
      since = Math.max(since, ofHolder);
    }
    return since;
  }

  #isNeeded(repository: string, content: KnownManifest): boolean {
    return this.#isTagged(repository, content.digest) || this.#holdersOf(repository, content).length > 0;
  }

  #isTagged(repository: string, digest: Digest): boolean {
    return [...this.#at(repository).tags.values()].includes(digest);
  }

  #holdersOf(repository: string, { digest, subject }: KnownManifest): HeldManifest[] {
    const all = [...this.#at(repository).manifests.values()];
    return all.filter(({ content }) => content.children.includes(digest) || content.digest === subject);
  }

  #get(repository: string, digest: Digest): HeldManifest {
    const held = this.#at(repository).manifests.get(digest);
    if (held === undefined) throw new Error(`${repository} has no ${nameOf(digest)}`);
    return held;
  }

  #at(name: string): HeldRepository {
    const repository = this.#repositories.get(name);
    if (repository === undefined) throw new Error(`${name} is not in the model`);
    return repository;
  }
}
