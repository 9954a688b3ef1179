// The part of the metadata store by which processes share background work.
import type { JobRecord } from "./records.ts";

/** Background work that one process at a time does: who, until when, and what is to be told of it. */
export interface JobLeases {
  /**
   * Takes the job for `holder`; false while somebody's lease lives, be it the same holder's. One that ends more than the
   * length of this one after it does not live: the clock was set back since.
   */
  take(job: string, holder: string, until: number, now: number): Promise<boolean>;

  /**
   * Keeps `report` in place of the last one, and renews the lease, or gives it back when `until` is undefined. False
   * when another has taken the job since: then nothing is kept.
   */
  save(
    job: string,
    holder: string,
    progress: { readonly report: string; readonly until: number | undefined },
  ): Promise<boolean>;

  find(job: string): Promise<JobRecord | undefined>;
}
