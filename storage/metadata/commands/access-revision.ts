// The number by which every process notices that a right may have changed. Whatever changes accounts, secrets,
// projects, members, groups or keys raises it in the same transaction.
import { query, queryOne, type Command } from "../statement.ts";

export function* raiseAccessRevision(): Command<void> {
  yield* query("UPDATE access_revision SET revision = revision + 1 WHERE id = 1");
}

export function* readAccessRevision(): Command<number> {
  const row = yield* queryOne<{ revision: number }>("SELECT revision FROM access_revision WHERE id = 1");
  if (row === undefined) throw new Error("the row of access_revision is gone");
  return row.revision;
}
