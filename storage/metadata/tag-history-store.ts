// The part of the metadata store that remembers what became of tags, and brings them back. An event is written in the same
// step as the change that it tells of. Of tags that an upstream said nothing is remembered: they are its own.
import type { Digest } from "../digest.ts";

/** How a tag comes to point at a manifest, or stops to: by its own removal, by a rule, or with its manifest. */
export type TagEventKind = "pushed" | "moved" | "restored" | TagRemovalKind;
export type TagRemovalKind = "deleted" | "expired" | "manifest-deleted";

export interface TagEvent {
  /** Grows with time. */
  readonly id: number;
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: TagEventKind;
  /** What the tag points at since then; of a removal, what it pointed at until then. */
  readonly digest: Digest;
  /** What it pointed at before, where it was moved. */
  readonly previous: Digest | undefined;
  readonly by: string | undefined;
  /** Whether the repository has the manifest `digest` still, or again, as pushed. */
  readonly held: boolean;
  /** Since when nobody needs that manifest, as far as is known; undefined for one that stays, or is gone. */
  readonly releasedAt: number | undefined;
}

export interface TagEventsPage {
  /** The newest first. */
  readonly events: readonly TagEvent[];
  readonly more: boolean;
}

export interface TagEventsRequest {
  /** Events older than the one with this id. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface TagRestore {
  readonly repository: string;
  readonly tag: string;
  /** One that the tag pointed at once; without it, the one that it pointed at last. */
  readonly digest?: Digest | undefined;
  /** It may only become again what it was last, and not be moved. */
  readonly isImmutable: boolean;
  readonly by?: string | undefined;
  readonly now: number;
}

export type TagRestoreResult =
  | { readonly outcome: "restored"; readonly digest: Digest; readonly previous: Digest | undefined }
  /** It points there already. */
  | { readonly outcome: "unchanged"; readonly digest: Digest }
  /** The tag is there, and no digest was named to move it to. */
  | { readonly outcome: "occupied"; readonly current: Digest }
  /** It is immutable, and may point at `only` alone. */
  | { readonly outcome: "immutable"; readonly only: Digest }
  /** Nothing is known of such a tag, or not that it ever pointed at that digest. */
  | { readonly outcome: "unknown" }
  /** The manifest that it would point at is gone. */
  | { readonly outcome: "gone"; readonly digest: Digest };

export interface TagHistoryStore {
  /** What became of one tag: its last hundred changes, but for those before a removal that is long ago. */
  list(repository: string, tag: string, page: TagEventsRequest): Promise<TagEventsPage>;

  /** How those tags of the repository went that are not there any more: the last event of each. */
  listRemoved(repository: string, page: TagEventsRequest): Promise<TagEventsPage>;

  /** Points a tag at what it pointed at once; the manifest is wanted again, if it was released. */
  restore(restore: TagRestore): Promise<TagRestoreResult>;
}
