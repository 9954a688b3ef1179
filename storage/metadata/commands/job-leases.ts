// Leases of background work, with what is told of it. One that ran out belongs to whoever takes it next.
import type { JobRecord } from "../records.ts";
import type { JobLeases } from "../job-leases-store.ts";
import { queryOne, type Command } from "../statement.ts";

/** One that ends later than any clock near this one could have said was taken before the clock was set back. */
export function* takeJob(job: string, holder: string, until: number, now: number): Command<boolean> {
  const taken = yield* queryOne(
    `INSERT INTO job_leases (job, holder, until_at, report) VALUES ($1, $2, $3, NULL)
     ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
       WHERE job_leases.until_at <= $4 OR job_leases.until_at > 2 * $3 - $4
     RETURNING job`,
    ...[job, holder, until, now],
  );
  return taken !== undefined;
}

/** A lease that ran out but was taken by nobody since still serves. */
export function* saveJob(
  job: string,
  holder: string,
  { report, until }: Parameters<JobLeases["save"]>[2],
): Command<boolean> {
  const saved = yield* queryOne(
    "UPDATE job_leases SET report = $3, until_at = $4 WHERE job = $1 AND holder = $2 RETURNING job",
    ...[job, holder, report, until ?? 0],
  );
  return saved !== undefined;
}

export function* findJob(job: string): Command<JobRecord | undefined> {
  const row = yield* queryOne<{ until: number; report: string | null }>(
    "SELECT until_at AS until, report FROM job_leases WHERE job = $1",
    job,
  );
  return row && { until: row.until, report: row.report ?? undefined };
}
