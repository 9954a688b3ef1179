// The rows as the rest of Berth sees them. Times are milliseconds since 1970; sizes are bytes.
import type { Digest, DigestAlgorithm } from "../digest.ts";
import type { Locator } from "../blobs/stored-object.ts";

export interface BlobRecord {
  readonly digest: Digest;
  readonly locator: Locator;
  readonly size: number;
}

/** A blob as the row has it, whether its bytes are sound or not. */
export interface StoredBlobRecord extends BlobRecord {
  readonly state: "present" | "damaged" | "deleting";
}

export interface ManifestRecord {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Exactly the bytes that were pushed. */
  readonly bytes: Buffer;
}

/** A manifest as the referrers list shows it. */
export interface ReferrerRecord {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

export interface UploadRecord {
  readonly id: string;
  readonly repository: string;
  /** Who opened it: only requests of the same owner may go on with it. */
  readonly owner: string;
  /** What the blob store needs to go on with the session. */
  readonly state: string;
  /** Durable bytes, as last acknowledged. */
  readonly offset: number;
  readonly algorithm: DigestAlgorithm;
  readonly expiresAt: number;
}

/** A piece of background work, as its last holder left it. */
export interface JobRecord {
  /** Until when somebody has it; not later than now when nobody does. */
  readonly until: number;
  /** In words of the job; undefined before the first. */
  readonly report: string | undefined;
}

/** A digest that a manifest names, and whether the manifest may be stored while it is absent. */
export interface Reference {
  readonly digest: Digest;
  /** `blob`: config and layers. `any`: an index entry, which may be a manifest or a blob (BuildKit's caches). */
  readonly kind: "blob" | "any";
  /** False where the spec lets the content live elsewhere (non-distributable layers). */
  readonly required: boolean;
}

/** What a conditional request demands of the tag or digest it names, checked in the same step as the change. */
export type Precondition =
  | { readonly kind: "absent" }
  | { readonly kind: "matches"; readonly digests: readonly Digest[] | "any" }
  | { readonly kind: "differs"; readonly digests: readonly Digest[] };

export type BlobUnlinkResult =
  | { readonly outcome: "unlinked" }
  | { readonly outcome: "absent" }
  /** A manifest of that repository names it. */
  | { readonly outcome: "needed"; readonly by: Digest };
