// Brings a SQLite database to the schema that this program knows. Each step is one transaction that also records
// itself, so that a crash leaves the step before; the write lock makes a second process wait and then find it done.
import {
  checksumOf,
  pendingMigrations,
  type AppliedMigration,
  type Migration,
} from "../migrations/migration.ts";
import { retryWhileBusy } from "./busy-retry.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** Another process may be in the middle of a long step. */
const waitMilliseconds = 10 * 60_000;

const createLedger = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  readable_by INTEGER NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT`;

/** @throws Error when the database belongs to a newer Berth or a step fails; the steps before it stay. */
export async function migrateSqlite(
  connection: SqliteConnection,
  migrations: readonly Migration[],
  now: () => number,
): Promise<void> {
  for (let more = true; more;) {
    more = await retryWhileBusy(waitMilliseconds, () => applyNext(connection, migrations, now()));
  }
}

/** Applies the first step that is pending, false when there is none. What is pending is read under the lock. */
function applyNext(connection: SqliteConnection, migrations: readonly Migration[], now: number): boolean {
  connection.execute("BEGIN IMMEDIATE");
  try {
    connection.execute(createLedger);
    const [next] = pendingMigrations(migrations, readLedger(connection), "sqlite");
    if (next !== undefined) {
      connection.execute(next.sql.sqlite);
      connection.run({
        sql: `INSERT INTO schema_migrations (version, name, checksum, readable_by, applied_at)
              VALUES ($1, $2, $3, $4, $5)`,
        parameters: [next.version, next.name, checksumOf(next.sql.sqlite), next.readableBy, now],
      });
    }
    connection.execute("COMMIT");
    return next !== undefined;
  } catch (error) {
    if (connection.inTransaction) connection.execute("ROLLBACK");
    throw error;
  }
}

function readLedger(connection: SqliteConnection): AppliedMigration[] {
  const rows = connection.run({
    sql: `SELECT version, name, checksum, readable_by AS "readableBy" FROM schema_migrations ORDER BY version`,
    parameters: [],
  });
  return rows as unknown as AppliedMigration[];
}
