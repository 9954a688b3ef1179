// What SQLite's error codes mean to a store.
import Database from "better-sqlite3";
import { StorageError } from "../../storage-error.ts";

function codeOf(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/** Another connection holds the lock; the same call may succeed later. Extended codes (SQLITE_BUSY_…) count. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"));
}

/** The error as callers of a store know it; what has no name there stays what it is. */
export function translateSqliteError(error: unknown): unknown {
  if (isBusy(error))
    return new StorageError("busy", "the database was locked for too long", { cause: error });
  const code = codeOf(error);
  // SHMSIZE: the index beside the log could not grow
  if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_SHMSIZE") {
    return new StorageError("full", "no room is left for the database", { cause: error });
  }
  return error;
}
