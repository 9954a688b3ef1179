// The part of the metadata store that looks for what nobody needs. As in metadata-store.ts each method is one atomic
// step, but for those that say otherwise. The unit of garbage is the link of a repository to a blob: it goes when
// nothing in the repository names the blob and nobody touched it for the grace; a blob goes with its last link.
//
// What the collector looks at it finds by hints: the time when a link was touched, or a manifest released. A hint
// proves nothing. Whether something is needed is asked in the step that removes it, so that a hint too many costs a look.
import type { Digest } from "../digest.ts";

/** A manifest or a blob, as a repository has it. */
export interface HeldContent {
  readonly repository: string;
  readonly digest: Digest;
}

/** One step of a collection: `limit` bounds the rows that it looks at. One manifest is never taken in halves. */
export interface CollectionStep {
  /** What was touched or released since then stays: now less the grace. Milliseconds since 1970. */
  readonly before: number;
  readonly limit: number;
}

export interface GarbagePage {
  readonly manifests: readonly HeldContent[];
  readonly links: readonly HeldContent[];
  /** Blobs that go with their last link. */
  readonly blobs: readonly { readonly digest: Digest; readonly size: number }[];
}

export interface PendingGarbage {
  /** Of blobs that go when nobody touches or needs them any more. */
  readonly bytes: number;
  /** When the first of them may go; undefined when there are none. */
  readonly earliestAt: number | undefined;
  /** False when there may be more hints than `limit`: then `bytes` are at least those. */
  readonly complete: boolean;
}

export interface GarbageStore {
  /**
   * Says that these manifests are not wanted for their own sake: those that nothing needs are collected a grace after
   * `at`. A tag, a present manifest of the repository that lists it, or its present subject needs a manifest; what is
   * cached is left to eviction. Gives those that were released. Pushing one again, or tagging it, takes that back.
   */
  release(repository: string, digests: readonly Digest[], at: number): Promise<Digest[]>;

  /**
   * Removes manifests that were released by `before` and that nothing needs, the longest released first, with their
   * edges. What they listed, and what refers to them, is released then, if nothing else needs it, and the links to
   * their blobs are touched, both at the time of the parent: so that all of an index goes one grace after its tag.
   */
  collectManifests(
    step: CollectionStep,
  ): Promise<{ readonly looked: number; readonly collected: readonly HeldContent[]; readonly more: boolean }>;

  /**
   * Removes links that were last touched by `before` and whose blob no manifest of the repository names. Blobs that no
   * repository links any more are claimed in the same step: absent from then on, a push of one makes a new row with a
   * locator of its own; the old locator waits in the delete queue until `dueAt`.
   */
  collectLinks(step: CollectionStep & { readonly now: number; readonly dueAt: number }): Promise<{
    readonly looked: number;
    readonly links: number;
    readonly blobs: number;
    readonly bytes: number;
    readonly more: boolean;
  }>;

  /**
   * Somebody is about to rely on these blobs and manifests being there, as a client does that skips an upload: none of
   * them that its repository holds is collected within a grace from now. Gives those that are held. Nothing is written
   * for what was touched since `unlessSince`, for manifests that are tagged, or for what is cached. A blob is touched
   * even while a manifest names it: that one may have been released almost a grace ago, and its blobs go with it.
   */
  touch(
    content: readonly HeldContent[],
    times: { readonly now: number; readonly unlessSince: number },
  ): Promise<HeldContent[]>;

  /** What will be collected, as things are, if its grace passes. In many steps that only read. */
  pending(options: { readonly graceMilliseconds: number; readonly limit: number }): Promise<PendingGarbage>;

  /**
   * Exactly what the steps above would remove, to the end, with the same `before`, page by page: manifests, then links,
   * then blobs. In many steps that only read, each on the state of its moment.
   */
  plan(before: number): AsyncIterable<GarbagePage>;

  /**
   * Sets hints again from the truth, where a program that knows of none has been at work: links that nothing names are
   * touched, blobs without a link are claimed, and what was noted for a time to come counts from now. `limit` rows from where `after`, the last step's `next`, says; undefined
   * begins. It is over when `next` is undefined. With `repair` false it only counts them. Which manifests were released nobody can tell any more: they stay.
   */
  relook(step: {
    readonly after: string | undefined;
    readonly limit: number;
    readonly now: number;
    readonly dueAt: number;
    readonly repair?: boolean;
  }): Promise<{ readonly looked: number; readonly hinted: number; readonly next: string | undefined }>;
}
