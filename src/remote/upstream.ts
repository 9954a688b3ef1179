// The reading half of somebody else's registry. test/contracts/upstream.ts holds every implementation to this page.
// Each method throws RemoteError; `absent` where the upstream says so. Names are the upstream's own, without its host.
import type { Readable } from "node:stream";
import type { Digest } from "../../storage/digest.ts";

export interface RemoteDescriptor {
  /** undefined where the upstream does not say (no Docker-Content-Digest): fetch it to know. */
  readonly digest: Digest | undefined;
  readonly mediaType: string;
  /** Bytes, where the upstream says. */
  readonly size: number | undefined;
}

export interface RemoteManifest {
  /** Of the bytes, computed here; the one that was asked for, when one was. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface RemoteBlob {
  /** Bytes of the whole blob, where the upstream says. */
  readonly size: number | undefined;
  /** Position of the first byte of `body`: 0, when the upstream ignored the wish to begin later. */
  readonly start: number;
  /** Ends in a RemoteError when the transfer breaks off; never shorter than the upstream promised. Must be consumed or destroyed. */
  readonly body: Readable;
}

/** What an upstream said of its limit on pulls (RateLimit headers). */
export interface RateLimit {
  readonly remaining: number;
  readonly limit: number | undefined;
  readonly windowSeconds: number | undefined;
  /** When it said so: milliseconds since 1970. */
  readonly at: number;
}

export interface AskOptions {
  /** Aborted by a TimeoutError, it is a RemoteError of `timeout`; otherwise its own reason is thrown. */
  readonly signal: AbortSignal;
}

export interface Upstream {
  /** HEAD: counts for no pull limit (REQ-35). `reference` is a tag or a digest. */
  resolve(name: string, reference: string, options: AskOptions): Promise<RemoteDescriptor>;

  /**
   * GET, the bytes and the media type as they are (REQ-44), at most `maxBytes` of them.
   * @throws RemoteError corrupt, when the bytes are not of the digest that was asked for, or too many
   */
  fetchManifest(
    name: string,
    reference: string,
    options: AskOptions & { readonly maxBytes: number },
  ): Promise<RemoteManifest>;

  /** HEAD of a blob: its size in bytes, where the upstream says. */
  statBlob(name: string, digest: Digest, options: AskOptions): Promise<{ readonly size: number | undefined }>;

  /** Resolves with the upstream's headers. The digest is the caller's to verify. */
  fetchBlob(
    name: string,
    digest: Digest,
    options: AskOptions & { readonly start?: number | undefined },
  ): Promise<RemoteBlob>;

  /** One page of tags, as the upstream cuts it; `after` is the last tag of the page before. */
  listTags(
    name: string,
    page: { readonly after?: string | undefined; readonly limit: number },
    options: AskOptions,
  ): Promise<{ readonly tags: readonly string[]; readonly more: boolean }>;

  /** The referrers list of a digest as the upstream has it; the fallback tag is tried where the API is missing. */
  listReferrers(
    name: string,
    subject: Digest,
    options: AskOptions & { readonly maxBytes: number },
  ): Promise<{ readonly digest: Digest; readonly bytes: Buffer }>;

  /** What it last said of its limit; undefined when it never did (REQ-35). */
  rateLimit?(): RateLimit | undefined;

  close(): Promise<void>;
}
