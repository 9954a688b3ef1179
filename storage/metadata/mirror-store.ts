// The part of the metadata store that a mirror needs: what of the content is a copy that may go again, when it was
// pulled last, what the upstream last said of a tag, and which downloads are going on. As in metadata-store.ts each
// method is one atomic step. Content that was pushed here has none of these marks, and nothing below touches it.
import type { Digest } from "../digest.ts";
import type { Visibility } from "./access-store.ts";
import type { ManifestCommit, Page, PageRequest } from "./metadata-store.ts";
import type { BlobRecord, ManifestRecord } from "./records.ts";

export interface MirrorStore {
  readonly tags: CachedTags;
  readonly content: CachedContent;
  readonly eviction: Eviction;
  readonly fills: Fills;
  readonly pins: Pins;
}

export interface CachedTag {
  readonly manifest: ManifestRecord;
  /** When the upstream last confirmed it; undefined for a tag that was pushed here. Milliseconds since 1970. */
  readonly checkedAt: number | undefined;
}

export interface CachedTags {
  find(repository: string, tag: string): Promise<CachedTag | undefined>;
  /** The upstream says that the tag is `digest`, now. False when the repository does not hold that manifest. */
  confirm(repository: string, tag: string, digest: Digest, now: number): Promise<boolean>;
}

/** A manifest that may be given up, as a candidate for eviction. */
export interface CachedManifest {
  readonly repository: string;
  readonly digest: Digest;
  readonly pulledAt: number;
  /** Its own tags, and those of what needs it: indexes of the repository that list it, the image that it refers to. */
  readonly tags: readonly string[];
}

export interface MirrorUsage {
  /** Of all blobs that only cached links hold, each once. */
  readonly bytes: number;
  readonly blobs: number;
  readonly manifests: number;
}

/** What is cached of one upstream. */
export interface UpstreamUsage extends MirrorUsage {
  /** The first component of the repositories' names. */
  readonly upstream: string;
  readonly repositories: number;
  readonly lastPulledAt: number | undefined;
}

export interface CachedContent {
  /** As `Manifests.commit`, whatever is absent of what it names; marks it as cached, its tags as confirmed, both now. */
  commitManifest(commit: Omit<ManifestCommit, "referencePolicy" | "precondition">): Promise<void>;

  /**
   * Makes the blob exist in the repository, as cached. Where the digest has sound bytes already they stay, and the
   * offered locator is discarded.
   */
  commitBlob(commit: { repository: string; blob: BlobRecord; now: number }): Promise<void>;

  /**
   * Links a blob that a repository within `from` holds already, when a manifest of this one names it: that is the
   * upstream's own word that it belongs here. No more than a word, since a manifest can name what its author never had;
   * so `from` has to leave out what those who pull here may not see. False when it is not held there, or no manifest
   * names it.
   */
  linkBlob(link: {
    readonly repository: string;
    readonly digest: Digest;
    readonly from: Visibility;
    readonly now: number;
  }): Promise<boolean>;

  /** Notes that these were pulled; of what was pushed here nothing is noted. */
  touch(pulled: readonly { repository: string; digest: Digest }[], now: number): Promise<void>;

  usageByUpstream(): Promise<UpstreamUsage[]>;

  /**
   * Cached manifests of one repository, by digest: with the time when the last of their own tags was confirmed, and the
   * bytes of the manifest itself.
   */
  listManifests(
    repository: string,
    page: PageRequest,
  ): Promise<Page<CachedManifest & { readonly checkedAt: number | undefined; readonly size: number }>>;

  /** Repositories that hold a cached manifest, by name. */
  listRepositories(page: PageRequest & { readonly upstream?: string | undefined }): Promise<Page<string>>;
}

/** Making room: how much is cached, and giving it up. */
export interface Eviction {
  usage(): Promise<MirrorUsage>;

  /** Cached manifests, the least recently pulled first; `before` leaves out what was pulled since. */
  listByPull(options: { limit: number; offset: number; before: number }): Promise<CachedManifest[]>;

  /**
   * Gives a cached manifest up: with its tags and its edges, and the cached links of those of its blobs that no other
   * manifest of the repository names. Blobs that no repository links any more are claimed in the same step: their rows
   * go, their locators wait in the delete queue until `dueAt`, for whoever reads them now. (A manifest elsewhere that
   * names such a blob without a link to it can't serve it either; kept for that one, it would take room that nobody
   * counts.) Indexes that list it stay. Not while it was pulled after `unlessPulledSince`. Gives the bytes that became
   * free, or undefined where nothing happened.
   */
  evictManifest(
    manifest: { repository: string; digest: Digest },
    options: { unlessPulledSince: number; now: number; dueAt: number },
  ): Promise<number | undefined>;

  /**
   * The same for cached blobs that no manifest of their repository names, pulled before `before`, the longest unused
   * first, at most `limit`: how many went, and the bytes that became free.
   */
  evictLooseBlobs(options: {
    before: number;
    limit: number;
    now: number;
    dueAt: number;
  }): Promise<{ readonly blobs: number; readonly bytes: number }>;
}

/** A download that goes on, in whatever process on these data. */
export interface FillRecord {
  readonly repository: string;
  readonly digest: Digest;
  readonly holder: string;
  /** File that grows, readable by every process on this data directory. */
  readonly path: string;
  /** Bytes of the file that are right, and may be read. */
  readonly offset: number;
  /** Of the whole blob, once known. */
  readonly size: number | undefined;
  readonly leaseUntil: number;
}

/** At most one download of a blob for a repository goes on; one whose lease ran out belongs to nobody. */
export interface Fills {
  /** Begins one, or says whose it is. A dead one is taken over: its file is told, to be removed. */
  claim(
    fill: Omit<FillRecord, "offset" | "size">,
    now: number,
  ): Promise<
    | { readonly outcome: "claimed"; readonly deadPath: string | undefined }
    | { readonly outcome: "held"; readonly fill: FillRecord }
  >;
  find(repository: string, digest: Digest): Promise<FillRecord | undefined>;
  /** False when it is no longer the holder's. */
  save(
    repository: string,
    digest: Digest,
    progress: Pick<FillRecord, "holder" | "offset" | "size" | "leaseUntil">,
  ): Promise<boolean>;
  end(repository: string, digest: Digest, holder: string): Promise<void>;
  /** Removes and gives those whose lease ran out. */
  takeDead(now: number): Promise<FillRecord[]>;
  /** What the living ones will bring, as far as their sizes are known; nothing any more where the blob is kept by now. */
  bytesUnderWay(now: number): Promise<number>;
}

/** Patterns of images that stay, besides those of the configuration: globs over `<upstream>/<name>:<tag>`. */
export interface Pins {
  list(): Promise<string[]>;
  add(pattern: string, now: number): Promise<void>;
  /** False when there was none. */
  remove(pattern: string): Promise<boolean>;
}
