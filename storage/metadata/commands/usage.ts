// How much a repository or a project holds: one row each, which triggers keep.
import type { Usage } from "../usage-store.ts";
import { queryOne, type Command } from "../statement.ts";

const columns = `u.blob_bytes AS "blobBytes", u.manifest_bytes AS "manifestBytes"`;
const nothing: Usage = { blobBytes: 0, manifestBytes: 0 };

export function* usageOfRepository(repository: string): Command<Usage> {
  const row = yield* queryOne<Usage>(
    `SELECT ${columns} FROM repositories r JOIN repository_usage u ON u.repository_id = r.id WHERE r.name = $1`,
    repository,
  );
  return row ?? nothing;
}

export function* usageOfProject(project: string): Command<Usage> {
  return (
    (yield* queryOne<Usage>(`SELECT ${columns} FROM project_usage u WHERE project = $1`, project)) ?? nothing
  );
}
