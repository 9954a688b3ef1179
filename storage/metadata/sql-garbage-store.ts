// The garbage store on a database of SQL: which of its methods is which command, which only read, and which are walks
// of many steps.
import { CollectionPlan } from "./collection-plan.ts";
import type { CommandRunner } from "./command-runner.ts";
import { collectLinks } from "./commands/collect-links.ts";
import { collectManifests } from "./commands/collect-manifests.ts";
import { release } from "./commands/release.ts";
import { relook } from "./commands/relook.ts";
import { findTouchable, touch } from "./commands/touches.ts";
import type { GarbagePage, GarbageStore, HeldContent, PendingGarbage } from "./garbage-store.ts";
import type { RememberedReads } from "./remembered-reads.ts";

export class SqlGarbageStore implements GarbageStore {
  readonly #runner: CommandRunner;
  readonly #remembered: RememberedReads;

  constructor(runner: CommandRunner, remembered: RememberedReads) {
    this.#runner = runner;
    this.#remembered = remembered;
  }

  release(...[repository, digests, at]: Parameters<GarbageStore["release"]>) {
    return this.#runner.write(() => release(repository, digests, at));
  }

  collectManifests(step: Parameters<GarbageStore["collectManifests"]>[0]) {
    return this.#runner.write(() => collectManifests(step));
  }

  collectLinks(step: Parameters<GarbageStore["collectLinks"]>[0]) {
    return this.#runner.write(() => collectLinks(step));
  }

  relook(step: Parameters<GarbageStore["relook"]>[0]) {
    return this.#runner.write(() => relook(step));
  }

  touch(...[content, times]: Parameters<GarbageStore["touch"]>): Promise<HeldContent[]> {
    const keyOf = ({ repository, digest }: HeldContent) =>
      `touch since ${times.unlessSince} ${repository}@${digest}`;
    return this.#remembered.select(content, keyOf, (unknown) => this.#touch(unknown, times));
  }

  /** Looked for without holding up writers, and looked at once more in the step that writes. */
  async #touch(...[content, times]: Parameters<GarbageStore["touch"]>): Promise<HeldContent[]> {
    const found = await this.#runner.read(() => findTouchable(content, times.unlessSince));
    if (found.links.length + found.manifestIds.length === 0) return [...found.held];
    return this.#runner.write(() => touch(content, times));
  }

  async pending({
    graceMilliseconds,
    limit,
  }: Parameters<GarbageStore["pending"]>[0]): Promise<PendingGarbage> {
    const plan = new CollectionPlan(this.#runner, Number.MAX_SAFE_INTEGER, limit);
    let bytes = 0;
    let earliest: number | undefined;
    for await (const { blobs } of plan.pages()) {
      for (const { size, touchedAt } of blobs) {
        bytes += size;
        earliest = Math.min(earliest ?? touchedAt, touchedAt);
      }
    }
    const earliestAt = earliest === undefined ? undefined : earliest + graceMilliseconds;
    return { bytes, earliestAt, complete: plan.complete };
  }

  async *plan(before: number): AsyncGenerator<GarbagePage> {
    for await (const { blobs, ...page } of new CollectionPlan(this.#runner, before).pages()) {
      yield { ...page, blobs: blobs.map(({ digest, size }) => ({ digest, size })) };
    }
  }
}
