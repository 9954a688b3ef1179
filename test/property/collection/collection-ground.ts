// What sequences run on: one real database and one directory of objects, emptied after each sequence, because making
// them costs more than most sequences do.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import type { CommandRunner } from "../../../storage/metadata/command-runner.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import { query, type Command } from "../../../storage/metadata/statement.ts";

export class CollectionGround {
  readonly runner: CommandRunner;
  readonly blobStore: BlobStore;
  readonly #tables: readonly string[];

  private constructor(runner: CommandRunner, blobStore: BlobStore, tables: readonly string[]) {
    this.runner = runner;
    this.blobStore = blobStore;
    this.#tables = tables;
  }

  /** @param database `file` for one on disk, which readers have a connection of their own to */
  static async open(directory: string, database: "memory" | "file"): Promise<CollectionGround> {
    const objects = join(directory, `${database}-objects`);
    await mkdir(objects);
    const blobStore = await openBlobStore({ kind: "filesystem", directory: objects });
    const path = database === "memory" ? ":memory:" : join(directory, "metadata.sqlite");
    const runner = await openSqlite({ path });
    return new CollectionGround(runner, blobStore, await runner.read(listEmptyTables));
  }

  async clear(): Promise<void> {
    await this.runner.write(() => clear(this.#tables));
    const locators = [];
    for await (const { locator } of this.blobStore.list(new AbortController().signal)) locators.push(locator);
    await this.blobStore.delete(locators);
  }

  async close(): Promise<void> {
    await this.runner.close();
    await this.blobStore.close?.();
  }
}

/** The youngest first, which count what is in others. Those that a new database has rows in are the schema's own. */
function* listEmptyTables(): Command<string[]> {
  const sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid DESC";
  const tables = yield* query<{ name: string }>(sql);
  const empty: string[] = [];
  for (const { name } of tables) {
    if ((yield* query(`SELECT 1 FROM ${name} LIMIT 1`)).length === 0) empty.push(name);
  }
  return empty;
}

function* clear(tables: readonly string[]): Command<void> {
  yield* query("PRAGMA defer_foreign_keys = ON");
  for (const name of tables) yield* query(`DELETE FROM ${name}`);
}
