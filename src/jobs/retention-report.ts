// What is told of runs of retention: kept with its lease, so that every process and the command line can say it, whoever
// did the work.

export interface RetainedAmount {
  /** That a policy is about, and that were gone through. */
  readonly repositories: number;
  /** That were deleted. */
  readonly tags: number;
  /** Untagged ones that were given to the collector. */
  readonly manifests: number;
}

/** Times are milliseconds since 1970. */
export interface RetentionReport {
  readonly startedAt: number;
  /** undefined while it goes on, and of one that died. */
  readonly endedAt: number | undefined;
  readonly done: RetainedAmount;
  /** Of all runs since the first. */
  readonly total: RetainedAmount;
  /** The repository that was gone through last: where the next run goes on, if this one did not come to its end. */
  readonly after: string | undefined;
  readonly lastError: { readonly at: number; readonly message: string } | undefined;
}

export const nothingRetained: RetainedAmount = { repositories: 0, tags: 0, manifests: 0 };

export function sumOfRetained(one: RetainedAmount, other: Partial<RetainedAmount>): RetainedAmount {
  return {
    repositories: one.repositories + (other.repositories ?? 0),
    tags: one.tags + (other.tags ?? 0),
    manifests: one.manifests + (other.manifests ?? 0),
  };
}

export function retentionReportText(report: RetentionReport): string {
  return JSON.stringify(report);
}

export function parseRetentionReport(text: string | undefined): RetentionReport | undefined {
  if (text === undefined) return undefined;
  const { startedAt, endedAt, done, total, after, lastError } = JSON.parse(text) as RetentionReport;
  return { startedAt, endedAt, done, total, after, lastError };
}
