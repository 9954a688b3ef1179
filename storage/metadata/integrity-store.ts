// The part of the metadata store that looks whether what it says is true: manifests against their digests, figures against
// what they count, and who is concerned when bytes are lost. As in metadata-store.ts each method is one atomic step.
import type { Digest } from "../digest.ts";
import type { Usage } from "./usage-store.ts";

/** A repository that has a blob, and whether as a copy of an upstream's that may be fetched again. */
export interface BlobHolder {
  readonly repository: string;
  readonly cached: boolean;
}

export interface StoredManifestRecord {
  readonly repository: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** A figure that is not what it counts. */
export interface UsageMismatch {
  readonly of: "repository" | "project";
  /** Empty: the project of names of a single segment. */
  readonly name: string;
  readonly recorded: Usage;
  readonly actual: Usage;
}

export interface IntegrityStore {
  /** Repositories that link the blob, damaged or not: the first `limit`. */
  listHolders(digest: Digest, limit: number): Promise<BlobHolder[]>;

  /** Manifests that are not known to be damaged, from where `after`, the last page's `next`, says; undefined begins. */
  listManifests(page: {
    readonly after: number | undefined;
    readonly limit: number;
  }): Promise<{ readonly entries: readonly StoredManifestRecord[]; readonly next: number | undefined }>;

  /**
   * The manifest's bytes are not those of its digest: it is absent until it is pushed, or fetched, again. Its tags and
   * edges stay, which say the truth. False when these are not its bytes any more.
   */
  markManifestDamaged(manifest: StoredManifestRecord, now: number): Promise<boolean>;

  /**
   * Compares some figures of usage with what they count, and sets them right with `repair`. From where `after`, the last
   * step's `next`, says; undefined begins. It is over when `next` is undefined. In many steps that only read: what changes
   * all the while is passed over, and nobody is kept from writing but for what is found.
   */
  checkUsage(step: { readonly after: string | undefined; readonly repair: boolean }): Promise<{
    readonly mismatches: readonly UsageMismatch[];
    readonly next: string | undefined;
  }>;
}
