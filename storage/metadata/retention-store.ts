// The part of the metadata store that rules of retention go by: when what was pushed was pulled and wanted last, and
// removing what they give up, unless it changed since it was judged. As in metadata-store.ts each method is one atomic
// step. What is cached of others is left out: it goes by eviction.
import type { Digest } from "../digest.ts";
import type { Page, PageRequest } from "./metadata-store.ts";

/** A tag that was pushed, with all that it is judged by. Times are milliseconds since 1970. */
export interface PushedTag {
  readonly tag: string;
  readonly digest: Digest;
  /** When it was set to this digest, or to the same one again. */
  readonly pushedAt: number;
  /** The last pull of the tag, of its manifest, or of one that this lists, at whatever depth; undefined: none is known. */
  readonly pulledAt: number | undefined;
  /**
   * Whether the repository holds the manifest that the tag's name speaks of: `sha256-<hex>`, with a suffix such as `.sig`,
   * is how clients attach signatures and the like. undefined for every other tag.
   */
  readonly subjectHeld: boolean | undefined;
}

/** A manifest that stays for its own sake: nothing tags it, lists it, or is its subject, and nothing released it. */
export interface UntaggedRoot {
  readonly digest: Digest;
  /** When it was last pushed, or lost a tag because that was moved. */
  readonly wantedAt: number;
  /** The last pull of it or of what it lists; undefined: none is known. */
  readonly pulledAt: number | undefined;
}

export interface RetentionStore {
  /** Notes pulls of what was pushed, by digest or by tag too. Never earlier than what is noted already. */
  notePulls(
    pulled: readonly { repository: string; digest: Digest; tag?: string | undefined }[],
    at: number,
  ): Promise<void>;

  /** Tags that were pushed, by name. */
  listTags(repository: string, page: PageRequest): Promise<Page<PushedTag>>;

  /**
   * Removes those of the tags that are in every detail as they were judged, as a DELETE of each would. Gives the names of
   * those that it removed.
   * @param by what the history of the tags says of it
   */
  expireTags(
    repository: string,
    judged: readonly PushedTag[],
    removal: { readonly now: number; readonly by?: string | undefined },
  ): Promise<string[]>;

  /**
   * Looks at the next `limit` manifests after `after`, by digest. `looked` is how many those were; `next` is where to go on,
   * undefined at the end.
   */
  listUntagged(
    repository: string,
    page: PageRequest,
  ): Promise<{
    readonly roots: readonly UntaggedRoot[];
    readonly looked: number;
    readonly next: Digest | undefined;
  }>;

  /**
   * Releases those that are still such roots, with the same times as they were judged by. Gives those that it released,
   * which the collector removes a grace after `now`.
   */
  releaseUntagged(repository: string, judged: readonly UntaggedRoot[], now: number): Promise<Digest[]>;
}
