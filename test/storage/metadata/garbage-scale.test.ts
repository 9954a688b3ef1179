// Work is proportional to what changed: the steps of a collection ask as many statements and read as many rows in a
// store of a hundred thousand images as in one of a hundred. (That no statement walks through more than it gives is
// held by query-plans.test.ts.)
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import { SqliteConnection } from "../../../storage/metadata/sqlite/sqlite-connection.ts";
import { collect, grace, planOf, push, start } from "../../contracts/garbage-store-fixture.ts";
import { countingRunner, type Work } from "./counting-runner.ts";
import { makeFile, type TestFile } from "./sqlite-databases.ts";

/** Images of one layer each, all tagged, half of their links hinted but not due: written as rows, for time's sake. */
function fill(path: string, images: number): void {
  const connection = new SqliteConnection(path);
  connection.execute(`
    INSERT INTO repositories (name, manifest_count) VALUES ('big/app', ${images});
    CREATE TEMP TABLE numbers AS
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${images}) SELECT i FROM n;
    INSERT INTO blobs (digest, locator, size, state, reference_count, touched_at)
      SELECT 'sha256:layer' || i, 'locator' || i, 10, 'present', 1, 1000 FROM numbers;
    INSERT INTO blob_links (repository_id, digest, linked_at, touched_at)
      SELECT 1, 'sha256:layer' || i, 1000, CASE i % 2 WHEN 0 THEN 5000000 END FROM numbers;
    INSERT INTO manifests (repository_id, digest, media_type, size, pushed_at, bytes)
      SELECT 1, 'sha256:image' || i, 'type', 5, 1000, x'00' FROM numbers;
    INSERT INTO manifest_edges (manifest_id, child, repository_id, kind)
      SELECT i, 'sha256:layer' || i, 1, 'blob' FROM numbers;
    INSERT INTO tags (repository_id, name, manifest_id, updated_at) SELECT 1, 'v' || i, i, 1000 FROM numbers;`);
  connection.close();
}

let files: TestFile[];
beforeEach(async () => {
  files = await Promise.all([makeFile(), makeFile()]);
});
afterEach(async () => {
  for (const file of files) await file.dispose();
});

/** What it takes to plan and to collect the same garbage beside so many images. */
async function workBeside(path: string, images: number): Promise<{ plan: Work; collection: Work }> {
  await (await openSqlite({ path })).close();
  fill(path, images);
  const work = { statements: 0, rows: 0 };
  const store = new SqlMetadataStore(countingRunner(await openSqlite({ path }), work));
  for (let n = 0; n < 20; n++) {
    const layers = ["base", `own ${n}`];
    await push(store, "big/app", `garbage ${n}`, { layers, tags: [`doomed ${n}`] });
    await store.tags.delete("big/app", `doomed ${n}`, start);
  }
  const measure = async (run: () => Promise<unknown>) => {
    const before = { ...work };
    await run();
    return { statements: work.statements - before.statements, rows: work.rows - before.rows };
  };
  const plan = await measure(() => planOf(store, start + grace));
  const collection = await measure(async () => {
    expect(await collect(store, start + grace)).toMatchObject({ manifests: 20, links: 21, blobs: 21 });
  });
  await store.close();
  return { plan, collection };
}

test("to collect 20 images takes the same work beside 100 others as beside 100,000", async () => {
  const [small, large] = files;
  if (small === undefined || large === undefined) throw new Error("there are two files");
  const few = await workBeside(small.path, 100);
  expect(few.collection.rows).toBeGreaterThan(20);
  expect(few.collection.statements).toBeLessThan(1000);
  expect(await workBeside(large.path, 100_000)).toEqual(few);
}, 120_000);
