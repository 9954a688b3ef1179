// The rules of a registry, without HTTP: what handlers, import and replication call. A registry that wraps another one
// (a mirror) implements the same interface, so answers do not depend on where content came from.
// Absence is `undefined`; a refusal by the caller's fault is an OciError; anything else is a failure of the machine.
import type { Readable } from "node:stream";
import type { Digest, DigestAlgorithm } from "../../storage/digest.ts";
import type { BlobBody, ByteRange } from "../../storage/blobs/stored-object.ts";
import type { Visibility } from "../../storage/metadata/access-store.ts";
import type { Page, PageRequest, Precondition } from "../../storage/metadata/metadata-store.ts";
import type { Reference, Tag } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/repository-name.ts";

export type { BlobBody, ByteRange, Page, PageRequest, Precondition, Visibility };

export interface Registry {
  readonly manifests: Manifests;
  readonly blobs: Blobs;
  readonly uploads: Uploads;
  readonly tags: Tags;
  readonly referrers: Referrers;
  readonly catalog: Catalog;
}

/** Where a mirror had an answer from; absent on what is not mirrored. */
export interface CacheNote {
  /**
   * `hit`: kept here, and good; `miss`: fetched for this request, and kept; `passed`: fetched, and not kept; `stale`: kept
   * here, and the upstream could not be asked.
   */
  readonly outcome: "hit" | "miss" | "passed" | "stale";
  /** Since the upstream last said so. */
  readonly ageSeconds: number;
  /** Why it is stale, in a few words without hosts. */
  readonly reason?: string | undefined;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Exactly the bytes that were pushed. */
  readonly bytes: Buffer;
  readonly cache?: CacheNote | undefined;
}

export interface ManifestPut {
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
  /** Tags to set beside the reference itself, in the same step. */
  readonly tags: readonly Tag[];
  readonly precondition: Precondition | undefined;
  /** Who pushes it, for the history of its tags. */
  readonly by?: string | undefined;
}

export interface PutManifest {
  readonly digest: Digest;
  readonly subject: Digest | undefined;
}

/** How content is looked for. */
export interface Look {
  /**
   * The caller may push here, and may leave out what is found: that stays for another grace, whatever becomes of what
   * needs it now.
   */
  readonly beforePush?: boolean;
}

export interface Manifests {
  find(repository: RepositoryName, reference: Reference, look?: Look): Promise<StoredManifest | undefined>;

  /** Before a manifest of so many bytes is read: fails as `put` would, for want of room or because nothing can be put here. */
  announce(repository: RepositoryName, bytes: number): Promise<void>;

  /** @throws OciError manifestInvalid, digestMismatch, manifestReferenceUnknown, preconditionFailed, tagImmutable */
  put(repository: RepositoryName, reference: Reference, manifest: ManifestPut): Promise<PutManifest>;

  /**
   * By tag: removes exactly that tag. By digest: removes the manifest and all its tags.
   * @param only what the reference must stand for, when the caller demands it
   * @param by who deletes it, for the history of its tags
   * @throws OciError manifestUnknown; preconditionFailed; tagImmutable; manifestNeeded while a present index of the
   * repository lists it
   */
  delete(
    repository: RepositoryName,
    reference: Reference,
    only?: readonly Digest[],
    by?: string,
  ): Promise<void>;
}

export interface OpenBlob {
  readonly body: BlobBody;
  readonly size: number;
  /** The part that was asked for, when only a part was. */
  readonly range: ByteRange | undefined;
  readonly cache?: CacheNote | undefined;
  /** Where the whole of it lies below the folder of all blobs, when it is a file that another server may send as well. */
  readonly file?: string | undefined;
}

export interface BlobStat {
  readonly size: number;
  readonly cache?: CacheNote | undefined;
}

export interface Blobs {
  /** The blob's size in bytes, compared with what is stored: a damaged blob is absent, so that a client pushes it again. */
  stat(repository: RepositoryName, digest: Digest, look?: Look): Promise<BlobStat | undefined>;

  /** @param chooseRange picks the part to read, knowing the size; undefined reads all */
  open(
    repository: RepositoryName,
    digest: Digest,
    chooseRange?: (size: number) => ByteRange | undefined,
  ): Promise<OpenBlob | undefined>;

  /** A URL by which the client itself may fetch the blob for a while; undefined where there is no blob, or no such URL. */
  redirectUrl(repository: RepositoryName, digest: Digest): Promise<string | undefined>;

  /**
   * Makes a blob of `from` exist in `repository` too; false when that can't be done. Whether the caller may pull from
   * `from` was asked before; without it the blob may be that of any repository that `visibility` shows.
   */
  mount(
    repository: RepositoryName,
    digest: Digest,
    from: RepositoryName | undefined,
    visibility: Visibility,
  ): Promise<boolean>;

  /**
   * Removes the blob from this repository; other repositories keep it.
   * @throws OciError blobUnknown; blobNeeded while a manifest of the repository names it
   */
  delete(repository: RepositoryName, digest: Digest): Promise<void>;
}

export interface UploadStatus {
  readonly id: string;
  /** Durable bytes so far. */
  readonly offset: number;
}

/** Bytes for an upload session, as a request offers them. */
export interface Chunk {
  /** Asked for once the session is ready to take it: until then a client that sent `Expect: 100-continue` waits. */
  readonly source: () => Readable;
  /** Position of the first byte; undefined appends where the session stands. */
  readonly at?: number | undefined;
  /** Bytes promised by Content-Range; a body of another length is not kept. */
  readonly length?: number | undefined;
  /** Bytes that the request says it has, where it does: what can't be taken is refused before they are sent. */
  readonly expectedBytes?: number | undefined;
}

export interface WholeBlob {
  /** Absent when the request has no body. */
  readonly chunk: Chunk | undefined;
  /** Asks, when all of it is there, whether it may still come: bodies may take hours. */
  readonly confirm: () => Promise<void>;
}

/** Every method but `start` and `find` throws uploadUnknown for a session that is not there. */
export interface Uploads {
  /**
   * @param owner who opens it: the caller of the other methods sees to it that only they go on with it
   * @throws OciError overQuota when the project is full
   */
  start(repository: RepositoryName, algorithm: DigestAlgorithm, owner: string): Promise<UploadStatus>;
  find(
    repository: RepositoryName,
    id: string,
  ): Promise<(UploadStatus & { readonly owner: string }) | undefined>;

  /** @throws OciError uploadOutOfOrder, uploadBeingWritten, uploadLengthMismatch: nothing changed, the session lives on */
  append(repository: RepositoryName, id: string, chunk: Chunk): Promise<UploadStatus>;

  /**
   * Appends the last chunk, if any, and makes the blob exist.
   * @throws OciError as `append`; digestMismatch, which also closes the session
   */
  complete(repository: RepositoryName, id: string, digest: Digest, chunk?: Chunk): Promise<void>;

  cancel(repository: RepositoryName, id: string): Promise<void>;

  /**
   * A whole blob in one request (end-4b). Nobody could go on with its session, so it has none: of a push that fails
   * nothing is left.
   * @throws OciError as `complete`
   */
  push(repository: RepositoryName, digest: Digest, blob: WholeBlob): Promise<void>;
}

export interface TagsPage extends Page<string> {
  readonly cache?: CacheNote | undefined;
}

export interface Tags {
  /** undefined when there is no such repository. */
  list(repository: RepositoryName, page: PageRequest): Promise<TagsPage | undefined>;
}

/** A descriptor as it stands in a referrers list. */
export interface ReferrerDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ReferrersPage {
  readonly manifests: readonly ReferrerDescriptor[];
  /** Where the next page begins, if there is one. */
  readonly next: Digest | undefined;
  readonly cache?: CacheNote | undefined;
}

export interface Referrers {
  /** Manifests whose subject is `subject`, and those that the fallback tag of that digest lists, by digest. */
  list(
    repository: RepositoryName,
    subject: Digest,
    options: { readonly artifactType?: string | undefined; readonly after?: Digest | undefined },
  ): Promise<ReferrersPage>;
}

export interface Catalog {
  /** The repositories that exist, of those that `visibility` shows. */
  list(page: PageRequest, visibility: Visibility): Promise<Page<string>>;
}
