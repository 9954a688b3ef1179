// What the admin API needs of checks of the store. An interface of its own, because HTTP does not know how they work.

export interface FsckAdmin {
  status(): Promise<FsckStatus>;
  /** Begins a check in the background, unless one goes on. */
  start(options: WantedFsck): Promise<void>;
}

export interface WantedFsck {
  readonly repair: boolean;
  readonly digests: boolean;
  readonly bytesPerSecond?: number | undefined;
}

/** Times are milliseconds since 1970. */
export interface FsckStatus {
  readonly running: boolean;
  readonly last:
    | {
        readonly startedAt: number;
        readonly endedAt?: number | undefined;
        readonly error?: string | undefined;
        readonly objects: number;
        readonly blobs: number;
        readonly manifests: number;
        readonly readBytes: number;
        readonly damaged: number;
        readonly repaired: boolean;
        readonly counts: Readonly<Record<string, number>>;
        readonly quarantined: { readonly objects: number; readonly bytes: number };
        readonly findings: readonly FsckFinding[];
      }
    | undefined;
}

export interface FsckFinding {
  readonly kind: string;
  readonly digest?: string | undefined;
  readonly locator?: string | undefined;
  readonly size?: number | undefined;
  readonly repositories?: readonly string[] | undefined;
  readonly quarantined?: string | undefined;
  readonly refetched?: boolean | undefined;
  /** Of a figure: of what it is. */
  readonly of?: string | undefined;
  readonly name?: string | undefined;
}
