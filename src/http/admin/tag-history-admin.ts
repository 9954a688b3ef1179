// What the admin API needs of the history of tags. An interface of its own, because HTTP does not know the stores.
import type { Digest } from "../../../storage/digest.ts";

export interface TagHistoryAdmin {
  list(repository: string, tag: string, page: HistoryRequest): Promise<HistoryPage>;
  /** Of tags that are not there any more, how each went. */
  listRemoved(repository: string, page: HistoryRequest): Promise<HistoryPage>;
  /** @throws OciError tagUnknown, tagOccupied, tagImmutable, manifestCollected */
  restore(
    repository: string,
    tag: string,
    options: { readonly digest?: Digest | undefined; readonly by: string },
  ): Promise<{ readonly digest: Digest; readonly previous: Digest | undefined; readonly changed: boolean }>;
}

export interface HistoryRequest {
  /** What is older than the change with this id. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface HistoryPage {
  readonly changes: readonly HistoryEntry[];
  readonly more: boolean;
}

export interface HistoryEntry {
  readonly id: number;
  readonly tag: string;
  readonly at: number;
  readonly kind: "pushed" | "moved" | "restored" | "deleted" | "expired" | "manifest-deleted";
  readonly digest: Digest;
  readonly previous: Digest | undefined;
  readonly by: string | undefined;
  readonly held: boolean;
  readonly heldUntil: number | undefined;
}
