// Whether a push would take its project past the quota: asked of the usage that triggers keep, in the transaction that
// adds to it, so that no two pushes can each have the last of the room. What is cached asks nobody: the evictor bounds it.
import type { Digest } from "../../digest.ts";
import type { QuotaBreach, QuotaRequest } from "../usage-store.ts";
import { query, queryOne, type Command } from "../statement.ts";

/** What stands against it; undefined when there is room, no quota, or nothing new to count. */
export function* findBreach(wanted: QuotaRequest): Command<QuotaBreach | undefined> {
  const { repository, bytes, defaultProject } = wanted;
  const own = projectOf(repository);
  const project = own === "" ? defaultProject : own;
  if (project === undefined || bytes === 0) return undefined;
  const quota = yield* queryOne<{ maxBytes: number }>(
    `SELECT max_bytes AS "maxBytes" FROM projects WHERE name = $1 AND max_bytes IS NOT NULL`,
    project,
  );
  if (quota === undefined) return undefined;
  const counted = project === defaultProject ? [project, ""] : [project];
  const used = yield* query<{ bytes: number }>(
    "SELECT blob_bytes + manifest_bytes AS bytes FROM project_usage WHERE project IN ($1, $2)",
    ...[project, counted.at(-1) ?? project],
  );
  const usedBytes = used.reduce((sum, row) => sum + row.bytes, 0);
  if (usedBytes + bytes <= quota.maxBytes) return undefined;
  if (yield* isCounted(wanted, own)) return undefined;
  return { project, maxBytes: quota.maxBytes, usedBytes, neededBytes: bytes };
}

function* isCounted({ repository, kind, digest }: QuotaRequest, project: string): Command<boolean> {
  if (digest === undefined) return false;
  const sql =
    kind === "blob"
      ? "SELECT 1 FROM project_blobs WHERE project = $1 AND digest = $2"
      : `SELECT 1 FROM repositories r JOIN manifests m ON m.repository_id = r.id
         WHERE r.name = $1 AND m.digest = $2`;
  return (yield* queryOne(sql, kind === "blob" ? project : repository, digest)) !== undefined;
}

/** As the column of the table of repositories has it: empty for a name of a single segment. */
export function projectOf(repository: string): string {
  const slash = repository.indexOf("/");
  return slash === -1 ? "" : repository.slice(0, slash);
}

/** Of these blobs, with how many of their links in the project go: the bytes that it is rid of then. */
export function* bytesLeaving(
  project: string,
  blobs: readonly { readonly digest: Digest; readonly links: number }[],
): Command<number> {
  let bytes = 0;
  for (const { digest, links } of blobs) {
    const row = yield* queryOne<{ size: number }>(
      `SELECT b.size FROM project_blobs p JOIN blobs b ON b.digest = p.digest
       WHERE p.project = $1 AND p.digest = $2 AND p.links <= $3`,
      ...[project, digest, links],
    );
    bytes += row?.size ?? 0;
  }
  return bytes;
}
