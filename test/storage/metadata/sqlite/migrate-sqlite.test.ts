// Upgrades: N → N+1 → N, a crash in the middle, two processes at once, and databases that are too new.
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Migration } from "../../../../storage/metadata/migrations/migration.ts";
import { migrations } from "../../../../storage/metadata/migrations/migrations.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";
import { manifestOf, tagsOf } from "../../../contracts/metadata-store-fixture.ts";
import { makeFile, type TestFile } from "../sqlite-databases.ts";

const newest = migrations.length;

function nextMigration(sqlite: string, readableBy = newest): Migration {
  return { version: newest + 1, name: "a later step", readableBy, sql: { sqlite } };
}

const additive = nextMigration("CREATE TABLE later (x INTEGER); ALTER TABLE tags ADD COLUMN note TEXT;");

describe("migrating SQLite", () => {
  let file: TestFile;
  beforeEach(async () => {
    file = await makeFile();
  });
  afterEach(() => file.dispose());

  const openWith = (...later: readonly Migration[]) =>
    openMetadataStore({
      kind: "sqlite",
      path: file.path,
      migrations: [...migrations, ...later],
      now: () => 77,
    });

  function select(sql: string): readonly Readonly<Record<string, unknown>>[] {
    const connection = new SqliteConnection(file.path);
    try {
      return connection.run({ sql, parameters: [] });
    } finally {
      connection.close();
    }
  }
  const versions = () =>
    select("SELECT version FROM schema_migrations ORDER BY version").map((row) => row["version"]);

  test("versions are numbered from 1 without gaps", () => {
    expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, index) => index + 1));
  });

  test("records each step once, with its time", async () => {
    await (await openWith()).close();
    await (await openWith()).close();
    expect(select("SELECT version, name, readable_by, applied_at FROM schema_migrations")).toEqual(
      migrations.map(({ version, name, readableBy }) => ({
        version,
        name,
        readable_by: readableBy,
        applied_at: 77,
      })),
    );
  });

  test("this version works on a database that the next one upgraded, and the next one on that again", async () => {
    const before = await openWith();
    await before.manifests.commit(manifestOf("a", "one", { tags: ["v1"] }));
    await before.close();

    const upgraded = await openWith(additive);
    await upgraded.manifests.commit(manifestOf("a", "two", { tags: ["v2"] }));
    await upgraded.close();
    expect(versions()).toEqual([...migrations.map(({ version }) => version), newest + 1]);

    const rolledBack = await openWith();
    await rolledBack.manifests.commit(manifestOf("a", "three", { tags: ["v3"] }));
    expect(await tagsOf(rolledBack, "a")).toEqual(["v1", "v2", "v3"]);
    await rolledBack.close();

    const again = await openWith(additive);
    expect(await tagsOf(again, "a")).toEqual(["v1", "v2", "v3"]);
    await again.close();
  });

  test("refuses a database that a newer version changed too much, in a sentence for an operator", async () => {
    await (await openWith(nextMigration("DROP TABLE tags", newest + 1))).close();
    await expect(openWith()).rejects.toThrow(/changed by a newer Berth .* restore a backup/);
    expect(versions()).toContain(newest + 1);
  });

  test("refuses a database whose steps are not those that this program knows", async () => {
    await (await openWith(additive)).close();
    await expect(openWith(nextMigration("CREATE TABLE different (x INTEGER)"))).rejects.toThrow(
      /not the one/,
    );
  });

  test("a step that breaks off leaves the version before, and the next start completes it", async () => {
    await (await openWith()).close();
    const broken = nextMigration("CREATE TABLE later (x INTEGER); CREATE TABLE tags (clash INTEGER);");
    await expect(openWith(broken)).rejects.toThrow("already exists");
    expect(versions()).not.toContain(newest + 1);
    expect(select("SELECT name FROM sqlite_master WHERE name = 'later'")).toEqual([]);

    const old = await openWith();
    await old.manifests.commit(manifestOf("a", "one", { tags: ["v1"] }));
    await old.close();
    const mended = await openWith(additive);
    expect(await tagsOf(mended, "a")).toEqual(["v1"]);
    await mended.close();
    expect(select("SELECT name FROM sqlite_master WHERE name = 'later'")).toHaveLength(1);
  });

  test("of processes that start at once one does the step and the others find it done", async () => {
    await (await openWith()).close();
    const stores = await Promise.all([openWith(additive), openWith(additive), openWith(additive)]);
    for (const store of stores) await store.close();
    expect(versions().filter((version) => version === newest + 1)).toHaveLength(1);
  });

  test("a process that starts while another migrates waits for it", async () => {
    await (await openWith()).close();
    const migrating = new SqliteConnection(file.path);
    migrating.execute("BEGIN IMMEDIATE");
    let attempts = 0;
    let opened = false;
    const now = () => ++attempts;
    const waiting = openMetadataStore({ kind: "sqlite", path: file.path, now }).finally(
      () => (opened = true),
    );
    while (attempts < 3) await nextTurn();
    expect(opened).toBe(false);
    migrating.execute("COMMIT");
    await (await waiting).close();
    migrating.close();
  });
});
