// The schema step of retention on a database that was in use before, and an older program on the result.
import { afterEach, beforeEach, expect, test } from "vitest";
import { retention } from "../../../../storage/metadata/migrations/0007-retention.ts";
import { migrations } from "../../../../storage/metadata/migrations/migrations.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { openSqlite } from "../../../../storage/metadata/sqlite/open-sqlite.ts";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";
import { push } from "../../../contracts/garbage-store-fixture.ts";
import { digestFor } from "../../../contracts/metadata-store-fixture.ts";
import { makeFile, type TestFile } from "../sqlite-databases.ts";

const here = "team/app";
const before = migrations.filter(({ version }) => version < retention.version);

let file: TestFile;
beforeEach(async () => {
  file = await makeFile();
});
afterEach(() => file.dispose());

async function execute(sql: string): Promise<void> {
  await (await openSqlite({ path: file.path, migrations: before })).close();
  const connection = new SqliteConnection(file.path);
  connection.execute(sql);
  connection.close();
}

const open = () => openMetadataStore({ kind: "sqlite", path: file.path });

/** What a program of the schema before writes: a manifest of 1970. */
const manifest = (
  content: string,
) => `INSERT INTO manifests (repository_id, digest, media_type, size, pushed_at, bytes)
  SELECT id, '${digestFor(content)}', 'type', 5, 1000, x'00' FROM repositories WHERE name = '${here}';`;
const setTag = (
  tag: string,
  content: string,
  at: number,
) => `INSERT INTO tags (repository_id, name, manifest_id, updated_at)
  SELECT repository_id, '${tag}', id, ${at} FROM manifests WHERE digest = '${digestFor(content)}'
  ON CONFLICT (repository_id, name) DO UPDATE SET manifest_id = excluded.manifest_id, updated_at = ${at};`;

test("what was there before counts as pulled and left at the time of the upgrade", async () => {
  await execute(`INSERT INTO repositories (name) VALUES ('${here}');
    ${manifest("tagged")} ${manifest("left")} ${setTag("v1", "tagged", 2000)}`);
  const began = Date.now() - 1000;
  const store = await open();
  const { entries } = await store.retention.listTags(here, { limit: 10 });
  expect(entries).toMatchObject([{ tag: "v1", pushedAt: 2000 }]);
  expect(entries[0]?.pulledAt).toBeGreaterThanOrEqual(began);
  const { roots } = await store.retention.listUntagged(here, { limit: 10 });
  expect(roots).toMatchObject([{ digest: digestFor("left") }]);
  expect(roots[0]?.wantedAt).toBeGreaterThanOrEqual(began);
  await store.close();
});

test("a tag that an older program moves leaves its manifest with the time of the move", async () => {
  const first = await open();
  await push(first, here, "one", { tags: ["v1"] });
  await first.close();
  await execute(`${manifest("two")} ${setTag("v1", "two", 5000)}`);
  const store = await open();
  const { roots } = await store.retention.listUntagged(here, { limit: 10 });
  expect(roots).toEqual([{ digest: digestFor("one"), wantedAt: 5000, pulledAt: undefined }]);
  await store.close();
});
