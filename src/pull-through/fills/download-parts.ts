// What downloads are made of and asked for: apart, because each file of this folder speaks of it.
import type { Digest } from "../../../storage/digest.ts";
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import type { CachedContent, Fills } from "../../../storage/metadata/mirror-store.ts";
import type { RepositoryName } from "../../oci/repository-name.ts";
import type { Blobs, ByteRange } from "../../registry/registry.ts";
import type { Upstream } from "../../remote/upstream.ts";

export interface DownloadParts {
  readonly blobStore: BlobStore;
  /** Of the metadata store. */
  readonly mirror: { readonly fills: Fills; readonly content: Pick<CachedContent, "commitBlob"> };
  /** Of the local registry: serves what turns out to be held by now, from whichever process. */
  readonly local: Pick<Blobs, "stat" | "open">;
  /** Of the spool files; the same for every process on one data directory. */
  readonly spoolDirectory: string;
  /** Whether a download goes on when everybody who asked for it left. */
  readonly finishAbandoned: boolean;
  /**
   * Asked before each fill, with the blob's size where the upstream says: `pass` keeps nothing of it. What is admitted is
   * held or given up when `over` fires.
   */
  readonly admit: (bytes: number | undefined, over: AbortSignal) => Promise<"keep" | "pass">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Unique, and fit to be a file name. */
  readonly newId: () => string;
  /** Told of what no caller hears of: rows and files that could not be removed, storage that did not take a blob. */
  readonly onProblem: (error: unknown, what: string) => void;
  readonly timing?: Partial<DownloadTiming> | undefined;
}

/** All in milliseconds. */
export interface DownloadTiming {
  /** How long a fill whose process died keeps others away. */
  readonly lease: number;
  readonly renewal: number;
  /** How often a follower in another process looks. */
  readonly poll: number;
  /** Before each further attempt at a transfer that broke off and brought nothing new; their number bounds the attempts. */
  readonly pauses: readonly number[];
  /** After a failure of our own storage downloads pass through for so long. */
  readonly storageRest: number;
}

export const usualTiming: DownloadTiming = {
  lease: 10_000,
  renewal: 2000,
  poll: 100,
  pauses: [100, 500, 1500, 3000, 5000],
  storageRest: 30_000,
};

/** A blob of an upstream's repository. */
export interface WantedBlob {
  /** The canonical name here. */
  readonly repository: RepositoryName;
  readonly digest: Digest;
  /** The name there. */
  readonly name: string;
  /** May stand for several sources: it is asked again, with `start`, when a transfer breaks off. */
  readonly upstream: Upstream;
  /** Called when the content that came was not of the digest, so that another source is asked next. */
  readonly onCorrupt?: (() => void) | undefined;
}

export interface OpenRequest extends WantedBlob {
  readonly chooseRange?: ((size: number) => ByteRange | undefined) | undefined;
  /** Ends the wait for the first byte; an open body has a signal of its own. */
  readonly signal?: AbortSignal | undefined;
}
