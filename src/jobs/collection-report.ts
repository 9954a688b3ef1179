// What is told of collections: kept with the lease of the collector, so that every process and the command line can say
// it, whoever did the work.

export interface CollectedAmount {
  readonly manifests: number;
  readonly links: number;
  readonly blobs: number;
  /** Of these blobs. */
  readonly bytes: number;
}

/** Times are milliseconds since 1970. */
export interface CollectionReport {
  readonly startedAt: number;
  /** undefined while it goes on, and of one that died. */
  readonly endedAt: number | undefined;
  readonly collected: CollectedAmount;
  /** Of all runs since the first. */
  readonly total: CollectedAmount;
  readonly lastError: { readonly at: number; readonly message: string } | undefined;
}

export const nothingCollected: CollectedAmount = { manifests: 0, links: 0, blobs: 0, bytes: 0 };

export function sumOf(one: CollectedAmount, other: Partial<CollectedAmount>): CollectedAmount {
  return {
    manifests: one.manifests + (other.manifests ?? 0),
    links: one.links + (other.links ?? 0),
    blobs: one.blobs + (other.blobs ?? 0),
    bytes: one.bytes + (other.bytes ?? 0),
  };
}

export function reportText(report: CollectionReport): string {
  return JSON.stringify(report);
}

export function parseReport(text: string | undefined): CollectionReport | undefined {
  if (text === undefined) return undefined;
  const { startedAt, endedAt, collected, total, lastError } = JSON.parse(text) as CollectionReport;
  return { startedAt, endedAt, collected, total, lastError };
}
