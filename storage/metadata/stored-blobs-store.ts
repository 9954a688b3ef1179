// The parts of the metadata store that look at the blob store as a whole: for checking it, and for moving to another one.
import type { Digest } from "../digest.ts";
import type { Locator } from "../blobs/stored-object.ts";
import type { Page, PageRequest } from "./metadata-store.ts";
import type { BlobRecord, StoredBlobRecord } from "./records.ts";

/** Which object holds which blob, over all repositories: for looking after the store as a whole. */
export interface StoredBlobs {
  /** All blobs, by digest. */
  list(page: PageRequest): Promise<Page<StoredBlobRecord>>;

  /** Those of `locators` that a blob has, or that wait to be deleted: the others are nobody's. */
  findKnown(locators: readonly Locator[]): Promise<Locator[]>;
}

export type BlobCopiesSwitch =
  /** `left` blobs had no copy, and are absent until they are pushed again. */
  | { readonly outcome: "switched"; readonly blobs: number; readonly left: number }
  | { readonly outcome: "incomplete"; readonly uncopied: number };

/** What another blob store, the target, holds already. A copy is of a digest: it serves whatever became of the original. */
export interface BlobCopies {
  /** Present blobs by digest, each with its locator in the target. */
  list(target: string, page: PageRequest): Promise<Page<BlobRecord & { readonly copy: Locator | undefined }>>;

  /** Notes a copy, instead of one that was noted before. */
  add(target: string, digest: Digest, locator: Locator): Promise<void>;

  /**
   * Makes the target the store that all rows speak of: every blob is where its copy is, damaged ones are sound again,
   * and upload sessions and the delete queue, which are of the store that is left, are empty. While a present blob has
   * no copy nothing happens, unless `leaveUncopied` gives those blobs up. Nobody may serve meanwhile.
   */
  switchTo(
    target: string,
    options: { readonly leaveUncopied: boolean; readonly now: number },
  ): Promise<BlobCopiesSwitch>;
}
