// What exists, where: decided here and nowhere else. Each method is one atomic step: it happens wholly or not at all,
// is durable when it resolves, and its result says what was missing. test/contracts/metadata-store.ts holds every
// implementation to this page. Repositories are named by plain strings that the caller has parsed.
import type { Digest } from "../digest.ts";
import type { Locator } from "../blobs/stored-object.ts";
import type { AccessStore, Visibility } from "./access-store.ts";
import type { BlobCopies, StoredBlobs } from "./stored-blobs-store.ts";
import type { GarbageStore } from "./garbage-store.ts";
import type { IntegrityStore } from "./integrity-store.ts";
import type { JobLeases } from "./job-leases-store.ts";
import type { MirrorStore } from "./mirror-store.ts";
import type {
  BlobRecord,
  BlobUnlinkResult,
  ManifestRecord,
  Precondition,
  Reference,
  ReferrerRecord,
  UploadRecord,
} from "./records.ts";
import type { RetentionStore } from "./retention-store.ts";
import type { TagHistoryStore, TagRemovalKind } from "./tag-history-store.ts";
import type { QuotaBreach, QuotaRules, UsageStore } from "./usage-store.ts";

export type { BlobUnlinkResult, Precondition };

export interface MetadataStore {
  readonly repositories: Repositories;
  readonly manifests: Manifests;
  readonly tags: Tags;
  readonly blobLinks: BlobLinks;
  readonly uploads: Uploads;
  readonly discardedObjects: DiscardedObjects;
  readonly objectLeases: ObjectLeases;
  readonly jobLeases: JobLeases;
  readonly storedBlobs: StoredBlobs;
  readonly blobCopies: BlobCopies;
  readonly access: AccessStore;
  readonly mirror: MirrorStore;
  readonly garbage: GarbageStore;
  readonly retention: RetentionStore;
  readonly usage: UsageStore;
  readonly tagHistory: TagHistoryStore;
  readonly integrity: IntegrityStore;
  /** Whether the store answers; rejects when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A page in ascending order of code points: at most `limit` entries after `after`. */
export interface PageRequest {
  readonly after?: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** Whether entries remain beyond the last one. */
  readonly more: boolean;
}

/** A repository exists while it holds a manifest. */
export interface Repositories {
  exists(repository: string): Promise<boolean>;
  /**
   * Whether somebody has, or begins, a repository of that name: it holds a manifest, or an upload session is open for
   * it, or a blob was linked into it after `since`.
   */
  isLocal(repository: string, since: number): Promise<boolean>;
  list(page: PageRequest & { readonly visibility: Visibility }): Promise<Page<string>>;
}

export interface ManifestCommit {
  readonly repository: string;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly artifactType?: string | undefined;
  readonly subject?: Digest | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly references: readonly Reference[];
  /** `lazy` (mirrors) stores the manifest whatever is absent. */
  readonly referencePolicy: "required" | "lazy";
  readonly tags: readonly string[];
  /** Applies to `tag` when given, else to the manifest's own digest. */
  readonly precondition?: { readonly tag?: string; readonly demand: Precondition } | undefined;
  /** Those of `tags` that must be new, or point at this manifest already: asked in the same step. */
  readonly isImmutable?: ((tag: string) => boolean) | undefined;
  /** Who it is told to be, in the history of the tags. */
  readonly by?: string | undefined;
  readonly quota?: QuotaRules | undefined;
  readonly now: number;
}

export type ManifestCommitResult =
  | { readonly outcome: "committed" }
  | { readonly outcome: "missing"; readonly digests: readonly Digest[] }
  | { readonly outcome: "precondition-failed"; readonly current: Digest | undefined }
  /** The project would hold more than it may; nothing was changed. */
  | { readonly outcome: "over-quota"; readonly breach: QuotaBreach }
  /** One of the immutable tags points at another manifest; nothing was changed. */
  | { readonly outcome: "immutable"; readonly tag: string; readonly current: Digest };

export interface ManifestRemoval {
  readonly by?: string | undefined;
  /** A manifest with such a tag stays: asked in the same step. */
  readonly isImmutable?: ((tag: string) => boolean) | undefined;
}

export type ManifestDeleteResult =
  | { readonly outcome: "deleted" }
  | { readonly outcome: "absent" }
  /** A present index of the repository lists it. */
  | { readonly outcome: "needed"; readonly by: Digest }
  | { readonly outcome: "immutable"; readonly tag: string };

export interface Manifests {
  findByDigest(repository: string, digest: Digest): Promise<ManifestRecord | undefined>;
  findByTag(repository: string, tag: string): Promise<ManifestRecord | undefined>;

  /**
   * Stores the manifest, its edges and its tags, after checking in the same transaction that the precondition holds
   * and that every required reference is present in the repository. Storing it again with the same bytes succeeds.
   * What of it was cached, or of what it names, is pushed content from then on.
   */
  commit(commit: ManifestCommit): Promise<ManifestCommitResult>;

  /**
   * Removes the manifest and all its tags, unless a present index of that repository lists it. What it listed and what
   * refers to it is released, if nothing else needs it.
   */
  delete(
    repository: string,
    digest: Digest,
    now: number,
    removal?: ManifestRemoval,
  ): Promise<ManifestDeleteResult>;

  /** Manifests of the repository whose subject is `subject`, ascending by digest. */
  listReferrers(
    repository: string,
    subject: Digest,
    page: PageRequest & { readonly artifactType?: string | undefined },
  ): Promise<Page<ReferrerRecord>>;

  /** Descriptions of those of `digests` that the repository holds, in no particular order. */
  describe(repository: string, digests: readonly Digest[]): Promise<ReferrerRecord[]>;
}

/** What the tag's history tells of a removal. */
export interface TagRemoval {
  /** `deleted` unless given. */
  readonly kind?: TagRemovalKind;
  readonly by?: string | undefined;
}

export interface Tags {
  list(repository: string, page: PageRequest): Promise<Page<string>>;
  /**
   * Removes exactly this tag, if it points at one of `only` where that is given; false when there was none to remove.
   * Its manifest is released with its last tag. (A tag that is moved releases nothing.)
   */
  delete(
    repository: string,
    tag: string,
    now: number,
    only?: readonly Digest[],
    removal?: TagRemoval,
  ): Promise<boolean>;
}

/** Bytes that came without a session, in one request. */
export interface WholeBlobCommit {
  readonly repository: string;
  readonly blob: BlobRecord;
  readonly quota?: QuotaRules | undefined;
  readonly now: number;
}

export interface BlobCommit extends WholeBlobCommit {
  readonly uploadId: string;
  /** Who has the session's lease. */
  readonly holder: string;
}

/** A blob answers only in a repository that it is linked to, and only while its bytes are not known to be damaged. */
export interface BlobLinks {
  find(repository: string, digest: Digest): Promise<BlobRecord | undefined>;

  /** As `find`, in whatever repository: for judging its bytes, never for answering a request. */
  locate(digest: Digest): Promise<BlobRecord | undefined>;

  /**
   * Ends the upload session and makes the blob exist in the repository. Where the digest has sound bytes already,
   * they stay and the offered locator is discarded; where its bytes are damaged or being deleted, the offered locator
   * replaces them. False when the session is no more, or another's: then nothing happened but that the locator is
   * discarded. Where the project would hold more than it may, the session ends too, and the breach is told.
   */
  commit(commit: BlobCommit): Promise<boolean | QuotaBreach>;

  /** As `commit`, of what no session brought. */
  commitWhole(commit: WholeBlobCommit): Promise<true | QuotaBreach>;

  /** Links a blob of `from` (or, without it, of any visible repository) into `repository`; false when there is none. */
  mount(mount: {
    repository: string;
    digest: Digest;
    from?: string | undefined;
    visibility: Visibility;
    now: number;
    quota?: QuotaRules | undefined;
  }): Promise<boolean | QuotaBreach>;

  /**
   * Removes the link, unless a manifest of that repository names the blob. Other repositories are untouched; with the
   * last link the blob goes.
   */
  unlink(repository: string, digest: Digest, now: number): Promise<BlobUnlinkResult>;

  /**
   * The bytes at this locator are gone or wrong: until replaced, the blob is absent everywhere. False when the blob is
   * not, or no longer, present at this locator.
   */
  markDamaged(digest: Digest, locator: Locator): Promise<boolean>;

  /** The bytes at this locator turned out to be there and right. False when the blob is not damaged at this locator. */
  markSound(digest: Digest, locator: Locator): Promise<boolean>;
}

/** Who is writing to a session, until when. A lease that ran out belongs to nobody. */
export interface WriterLease {
  readonly holder: string;
  readonly until: number;
}

export type LeaseResult =
  /** Taken over from a writer that never gave its lease back: it may still write, not knowing that it lost it. */
  | { readonly outcome: "leased"; readonly upload: UploadRecord; readonly takenOver: boolean }
  | { readonly outcome: "held"; readonly upload: UploadRecord }
  | { readonly outcome: "absent" };

export interface UploadProgress {
  readonly holder: string;
  readonly state: string;
  readonly offset: number;
  readonly expiresAt: number;
  /** undefined gives the lease back. */
  readonly leaseUntil: number | undefined;
}

/** An upload session exists exactly while its row does and has not expired. */
export interface Uploads {
  start(upload: UploadRecord): Promise<void>;
  find(repository: string, id: string, now: number): Promise<UploadRecord | undefined>;

  /** Takes the session for one writer, if nobody else holds it. */
  lease(repository: string, id: string, lease: WriterLease, now: number): Promise<LeaseResult>;

  /** Records what is durable and renews or returns the lease; false when the lease is no longer the holder's. */
  save(id: string, progress: UploadProgress): Promise<boolean>;

  /** Removes the session if nobody else is writing to it. */
  remove(id: string, holder: string, now: number): Promise<boolean>;

  /** Removes the session that `holder` writes to; false when it is no longer the holder's. */
  end(id: string, holder: string): Promise<boolean>;

  /** Sessions that are past their expiry with no living lease, oldest first. */
  listExpired(now: number, limit: number): Promise<UploadRecord[]>;
}

/** Locators that nothing refers to any more, waiting for the blob store to forget them. */
export interface DiscardedObjects {
  /** Those that are due and that nobody leases, the first due first. */
  list(now: number, limit: number): Promise<Locator[]>;

  /**
   * Queues `locators`, but for those that a blob has: gives what waits from now on, until `dueAt` unless it waited
   * before. A blob that is committed to one of them in the meantime takes it out again.
   */
  add(locators: readonly Locator[], now: number, dueAt: number): Promise<Locator[]>;

  forget(locators: readonly Locator[]): Promise<void>;
}

/** Who reads which objects, until when: for reads that last. What is leased leaves the delete queue only afterwards. */
export interface ObjectLeases {
  /** Takes leases for `holder`, or renews them; whoever dies without giving them back holds them `until` then. */
  take(locators: readonly Locator[], holder: string, until: number, now: number): Promise<void>;
  release(locators: readonly Locator[], holder: string): Promise<void>;
}
