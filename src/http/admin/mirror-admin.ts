// What the admin API needs of the mirror. An interface of its own, because HTTP does not know how a mirror works.
import type { Page, PageRequest } from "../../registry/registry.ts";

export interface MirrorAdmin {
  usageByUpstream(): Promise<readonly MirrorUsage[]>;
  listRepositories(page: PageRequest & { readonly upstream?: string | undefined }): Promise<Page<string>>;
  listImages(repository: string, page: PageRequest): Promise<Page<MirroredImage>>;
  /** All of a repository, or what the tag alone stands for; undefined when nothing of it is kept. */
  purge(
    repository: string,
    tag: string | undefined,
  ): Promise<{ readonly manifests: number; readonly bytes: number } | undefined>;
  readonly pins: MirrorPins;
  readonly preloads: MirrorPreloads;
}

export interface MirrorUsage {
  readonly upstream: string;
  readonly repositories: number;
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly lastPulledAt: number | undefined;
}

export interface MirroredImage {
  readonly tags: readonly string[];
  readonly digest: string;
  readonly checkedAt: number | undefined;
  readonly pulledAt: number;
}

export interface MirrorPins {
  /** Those of the configuration, which it alone changes. */
  readonly configured: readonly string[];
  list(): Promise<readonly string[]>;
  add(pattern: string): Promise<void>;
  /** False when there was none. */
  remove(pattern: string): Promise<boolean>;
}

export interface MirrorPreloads {
  /**
   * @throws OciError inputInvalid for what is no platform, or a version that is not known; busy when too many wait
   */
  start(order: PreloadRequest): PreloadProgress;
  find(id: string): PreloadProgress | undefined;
  /** The newest first. */
  list(): readonly PreloadProgress[];
}

export interface PreloadRequest {
  readonly images: readonly string[];
  /** A version of Kubernetes, whose images are fetched beside `images`. */
  readonly kubeadm: string | undefined;
  /** `all` is one of them; that of this machine when there are none. */
  readonly platforms: readonly string[];
  readonly withSignatures: boolean;
}

export interface PreloadProgress {
  readonly id: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "stopped";
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly images: readonly {
    readonly image: string;
    readonly phase: "waiting" | "resolving" | "fetching" | "done" | "failed";
    readonly repository: string | undefined;
    readonly digest: string | undefined;
    readonly platforms: readonly string[];
    readonly totalBytes: number;
    readonly bytes: number;
    readonly heldBytes: number;
    readonly remark: string | undefined;
  }[];
}
