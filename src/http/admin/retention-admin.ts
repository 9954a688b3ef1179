// What the admin API needs of retention. An interface of its own, because HTTP does not know how it works.

export interface RetentionAdmin {
  status(): Promise<RetentionStatus>;
  /** Begins a run in the background, unless one goes on. */
  start(options: { readonly repository?: string | undefined }): Promise<void>;
  /** Exactly what a run would do now, repository by repository. */
  plan(repository?: string): AsyncIterable<PlannedRetention>;
}

export interface RetainedAmount {
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
}

export interface RetentionStatus {
  readonly policies: number;
  readonly running: boolean;
  /** Of the run that goes on, or of the last one; undefined before the first. */
  readonly report:
    | {
        readonly startedAt: number;
        readonly endedAt: number | undefined;
        readonly done: RetainedAmount;
        readonly total: RetainedAmount;
        readonly lastError: { readonly at: number; readonly message: string } | undefined;
      }
    | undefined;
}

interface Planned {
  readonly digest: string;
  readonly action: "keep" | "delete";
  readonly rule: string;
  readonly pulledAt: number | undefined;
}

export interface PlannedRetention {
  readonly repository: string;
  readonly tags: readonly (Planned & { readonly tag: string; readonly pushedAt: number })[];
  readonly untagged: readonly (Planned & { readonly wantedAt: number })[];
}
