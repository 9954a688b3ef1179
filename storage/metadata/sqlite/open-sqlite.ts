// Opens a SQLite database: makes its folder, creates the file durably, brings the schema up to date, and hands out the
// two connections' runner.
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { makeFolders } from "../../make-folders.ts";
import { migrations as knownMigrations } from "../migrations/migrations.ts";
import type { Migration } from "../migrations/migration.ts";
import { retryWhileBusy } from "./busy-retry.ts";
import { migrateSqlite } from "./migrate-sqlite.ts";
import { makePrivate } from "./private-file.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { SqliteRunner } from "./sqlite-runner.ts";
import type { SqliteWriterOptions } from "./sqlite-writer.ts";

export interface SqliteOptions extends Partial<SqliteWriterOptions> {
  /** The database file; `:memory:` keeps everything in this process and loses it on close. */
  readonly path: string;
  /** Another schema than this program's own: for tests of upgrade and rollback. */
  readonly migrations?: readonly Migration[];
  readonly now?: () => number;
  /** Nobody else may have the database open until it is closed; while somebody has, opening is `busy`. */
  readonly exclusive?: boolean;
}

const inMemory = ":memory:";

export async function openSqlite(options: SqliteOptions): Promise<SqliteRunner> {
  const { path, migrations = knownMigrations, now = Date.now, exclusive = false } = options;
  const writerOptions = {
    busyLimitMilliseconds: 10_000,
    turnMilliseconds: 5,
    grouping: true,
    ...withoutUndefined(options),
  };
  const { busyLimitMilliseconds } = writerOptions;
  const connect = () =>
    retryWhileBusy(busyLimitMilliseconds, () => new SqliteConnection(path, { exclusive }));
  const changed = path === inMemory ? [] : await prepareFolder(path);
  if (path !== inMemory) await makePrivate(path);
  const write = await connect();
  try {
    await migrateSqlite(write, migrations, now);
    for (const folder of changed) await syncFolder(folder);
    const read = path === inMemory || exclusive ? write : await connect();
    if (read !== write) read.pragma("query_only = ON");
    return new SqliteRunner(write, read, writerOptions);
  } catch (error) {
    write.close();
    throw error;
  }
}

function withoutUndefined({
  busyLimitMilliseconds,
  turnMilliseconds,
  grouping,
}: SqliteOptions): Partial<SqliteWriterOptions> {
  return {
    ...(busyLimitMilliseconds !== undefined && { busyLimitMilliseconds }),
    ...(turnMilliseconds !== undefined && { turnMilliseconds }),
    ...(grouping !== undefined && { grouping }),
  };
}

/** Makes the folder of the file; gives the folders whose entries may be new and must be made durable. */
async function prepareFolder(path: string): Promise<string[]> {
  const folder = dirname(resolve(path));
  const made = await makeFolders(folder);
  return [folder, ...made.map((name) => dirname(name))];
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
