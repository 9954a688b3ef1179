// What a collection would remove, found without removing anything: it follows the collector from what was released to
// what would be released by that, and remembers what it takes as gone. In short reads, so that nobody waits for it.
import type { Digest } from "../digest.ts";
import type { CommandRunner } from "./command-runner.ts";
import { listTouched, type TouchedLink } from "./commands/collect-links.ts";
import { listReleased, type ReleasedManifest } from "./commands/collect-manifests.ts";
import {
  followersOf,
  freeLinks,
  freeManifests,
  lastLinked,
  linksOf,
  type LinkCandidate,
  type ManifestCandidate,
} from "./commands/planned-removals.ts";
import { bytesLeaving, projectOf } from "./commands/quotas.ts";
import type { GarbagePage } from "./garbage-store.ts";

/** Manifests or links per read: a few milliseconds. */
const stepRows = 50;

export interface PlannedBlob {
  readonly digest: Digest;
  readonly size: number;
  /** When the last of its links was touched, or released. */
  readonly touchedAt: number;
}

type Page = Omit<GarbagePage, "blobs"> & { readonly blobs: readonly PlannedBlob[] };
const empty: Page = { manifests: [], links: [], blobs: [] };

export class CollectionPlan {
  readonly #runner: CommandRunner;
  readonly #before: number;
  readonly #gone = new Map<number, number>();
  readonly #links = new Set<string>();
  readonly #blobs = new Map<Digest, { links: number; touchedAt: number }>();
  #budget: number;

  /** @param limit of hints to look at; what follows from them is followed to the end */
  constructor(runner: CommandRunner, before: number, limit = Number.MAX_SAFE_INTEGER) {
    this.#runner = runner;
    this.#before = before;
    this.#budget = limit;
  }

  /** Whether all hints were looked at, as far as it has come. */
  get complete(): boolean {
    return this.#budget > 0;
  }

  async *pages(): AsyncGenerator<Page> {
    const manifests: ReleasedManifest[] = [];
    for await (const page of this.#manifests()) {
      manifests.push(...page);
      yield { ...empty, manifests: page.map(({ repository, digest }) => ({ repository, digest })) };
    }
    for await (const page of this.#linksToRemove(manifests)) {
      yield { ...empty, links: page.map(({ repository, digest }) => ({ repository, digest })) };
    }
    for (const blobs of stepsOf([...this.#blobs].map(([digest, { links }]) => ({ digest, links })))) {
      const last = await this.#runner.read(() => lastLinked(blobs));
      const touchedAt = (digest: Digest) => this.#blobs.get(digest)?.touchedAt ?? 0;
      yield { ...empty, blobs: last.map((blob) => ({ ...blob, touchedAt: touchedAt(blob.digest) })) };
    }
  }

  async *#manifests(): AsyncGenerator<readonly ReleasedManifest[]> {
    for await (const hints of this.#hints<ReleasedManifest>((after) => this.#released(after))) {
      let candidates: readonly ManifestCandidate[] = hints;
      while (candidates.length > 0) {
        const followers: ManifestCandidate[] = [];
        for (const step of stepsOf(candidates)) {
          const free = await this.#runner.read(() => freeManifests(step, this.#gone, this.#before));
          for (const { id, releasedAt } of free) this.#gone.set(id, releasedAt);
          for (const manifest of free)
            followers.push(...(await this.#runner.read(() => followersOf(manifest))));
          if (free.length > 0) yield free;
        }
        candidates = followers;
      }
    }
  }

  async *#linksToRemove(manifests: readonly ReleasedManifest[]): AsyncGenerator<readonly TouchedLink[]> {
    for (const step of stepsOf(manifests)) {
      for (const manifest of step) yield* this.#free(await this.#runner.read(() => linksOf(manifest)));
    }
    for await (const hints of this.#hints<TouchedLink>((after) => this.#touched(after)))
      yield* this.#free(hints);
  }

  async *#free(candidates: readonly LinkCandidate[]): AsyncGenerator<readonly TouchedLink[]> {
    for (const step of stepsOf(candidates.filter((link) => !this.#links.has(keyOf(link))))) {
      const free = await this.#runner.read(() => freeLinks(step, this.#gone, this.#before));
      for (const link of free) this.#count(link);
      if (free.length > 0) yield free;
    }
  }

  #count(link: TouchedLink): void {
    this.#links.add(keyOf(link));
    const known = this.#blobs.get(link.digest) ?? { links: 0, touchedAt: 0 };
    const touchedAt = Math.max(known.touchedAt, link.touchedAt);
    this.#blobs.set(link.digest, { links: known.links + 1, touchedAt });
  }

  /** Pages of hints, each after the last of the one before, as long as the budget lasts. */
  async *#hints<T>(read: (after: T | undefined) => Promise<readonly T[]>): AsyncGenerator<readonly T[]> {
    for (let after: T | undefined, more = true; more && this.#budget > 0;) {
      const page = await read(after);
      this.#budget -= page.length;
      yield page;
      after = page.at(-1);
      more = page.length === stepRows;
    }
  }

  #released(after: ReleasedManifest | undefined): Promise<readonly ReleasedManifest[]> {
    return this.#runner.read(() => listReleased(this.#before, after, stepRows));
  }

  #touched(after: TouchedLink | undefined): Promise<readonly TouchedLink[]> {
    return this.#runner.read(() => listTouched(this.#before, after, stepRows));
  }
}

/** Of blobs that a project has no link to any more when all that can go is gone. Looks at no more than `limit` hints. */
export async function bytesLeavingByPlan(
  runner: CommandRunner,
  project: string,
  limit: number,
): Promise<number> {
  const links = new Map<Digest, number>();
  for await (const page of new CollectionPlan(runner, Number.MAX_SAFE_INTEGER, limit).pages()) {
    for (const { repository, digest } of page.links)
      if (projectOf(repository) === project) links.set(digest, (links.get(digest) ?? 0) + 1);
  }
  let bytes = 0;
  for (const step of stepsOf([...links].map(([digest, count]) => ({ digest, links: count }))))
    bytes += await runner.read(() => bytesLeaving(project, step));
  return bytes;
}

function keyOf({ repositoryId, digest }: Pick<LinkCandidate, "repositoryId" | "digest">): string {
  return `${repositoryId} ${digest}`;
}

function* stepsOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += stepRows) yield rows.slice(start, start + stepRows);
}
