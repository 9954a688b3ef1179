// What the admin API needs of the collector. An interface of its own, because HTTP does not know how it works.

export interface CollectionAdmin {
  status(): Promise<CollectionStatus>;
  /** Begins a run in the background, unless one goes on. */
  start(options: { readonly full: boolean }): Promise<void>;
  /** Exactly what a run would remove now, page by page. */
  plan(): AsyncIterable<PlannedCollection>;
}

export interface CollectedAmount {
  readonly manifests: number;
  readonly links: number;
  readonly blobs: number;
  readonly bytes: number;
}

export interface CollectionStatus {
  readonly running: boolean;
  /** Of the run that goes on, or of the last one; undefined before the first. */
  readonly report:
    | {
        readonly startedAt: number;
        readonly endedAt: number | undefined;
        readonly collected: CollectedAmount;
        readonly total: CollectedAmount;
        readonly lastError: { readonly at: number; readonly message: string } | undefined;
      }
    | undefined;
  readonly pending: {
    readonly bytes: number;
    readonly earliestAt: number | undefined;
    readonly complete: boolean;
  };
}

export interface PlannedCollection {
  readonly manifests: readonly { readonly repository: string; readonly digest: string }[];
  readonly links: readonly { readonly repository: string; readonly digest: string }[];
  readonly blobs: readonly { readonly digest: string; readonly size: number }[];
}
