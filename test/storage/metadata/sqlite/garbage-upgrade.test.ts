// Schema step 5 on a database that was in use before there was a collector, and an older program on the result.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Digest } from "../../../../storage/digest.ts";
import { migrations } from "../../../../storage/metadata/migrations/migrations.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { openSqlite } from "../../../../storage/metadata/sqlite/open-sqlite.ts";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";
import { collect, grace, heldOf, push, start } from "../../../contracts/garbage-store-fixture.ts";
import { blobOf, digestFor, discardedBy } from "../../../contracts/metadata-store-fixture.ts";
import { makeFile, type TestFile } from "../sqlite-databases.ts";

const here = "team/app";
const image = digestFor("image");

let file: TestFile;
beforeEach(async () => {
  file = await makeFile();
});
afterEach(() => file.dispose());

function execute(sql: string): void {
  const connection = new SqliteConnection(file.path);
  connection.execute(sql);
  connection.close();
}

const open = () => openMetadataStore({ kind: "sqlite", path: file.path });

/** What a program of schema 4 writes: a blob, and the link of a repository to it. */
function oldBlob(content: string, ...repositories: readonly string[]): string {
  const { digest, locator, size } = blobOf(content);
  const links = repositories.map(
    (name) => `INSERT INTO blob_links (repository_id, digest, linked_at)
      SELECT id, '${digest}', 1000 FROM repositories WHERE name = '${name}';`,
  );
  return `INSERT INTO blobs (digest, locator, size, state, reference_count, touched_at)
    VALUES ('${digest}', '${locator}', ${size}, 'present', 0, 1000);${links.join("")}`;
}

function oldImage(repository: string, ...layers: readonly Digest[]): string {
  return `INSERT INTO manifests (repository_id, digest, media_type, size, pushed_at, bytes)
      SELECT id, '${image}', 'type', 5, 1000, x'00' FROM repositories WHERE name = '${repository}';
    INSERT INTO manifest_edges (manifest_id, child, repository_id, kind)
      SELECT m.id, value, r.id, 'blob' FROM repositories r JOIN manifests m ON m.repository_id = r.id,
        json_each('${JSON.stringify(layers)}') WHERE r.name = '${repository}';
    UPDATE repositories SET manifest_count = 1 WHERE name = '${repository}';`;
}

async function makeOldDatabase(): Promise<void> {
  const runner = await openSqlite({ path: file.path, migrations: migrations.slice(0, 4) });
  await runner.close();
  execute(`INSERT INTO repositories (name) VALUES ('${here}'), ('team/tools'), ('single');
    ${oldBlob("named", here, "team/tools")} ${oldBlob("loose", here)} ${oldBlob("cached", "single")}
    ${oldBlob("orphan")} ${oldImage(here, digestFor("named"))}
    UPDATE blob_links SET pulled_at = 1000 WHERE digest = '${digestFor("cached")}';`);
}

test("what nothing names gets a grace from the upgrade, blobs without a link go, and usage is counted", async () => {
  await makeOldDatabase();
  const before = Date.now() - 1000;
  const store = await open();
  expect(await discardedBy(store)).toEqual([blobOf("orphan").locator]);
  expect(await store.usage.ofRepository(here)).toEqual({ blobBytes: "namedloose".length, manifestBytes: 5 });
  expect(await store.usage.ofRepository("team/tools")).toEqual({
    blobBytes: "named".length,
    manifestBytes: 0,
  });
  expect(await store.usage.ofProject("team")).toEqual({ blobBytes: "namedloose".length, manifestBytes: 5 });
  expect(await store.usage.ofProject("")).toEqual({ blobBytes: "cached".length, manifestBytes: 0 });

  expect(await collect(store, before + grace - 1)).toMatchObject({ links: 0 });
  expect(await collect(store, Date.now() + grace)).toMatchObject({ manifests: 0, links: 2, blobs: 1 });
  expect(await heldOf(store, here, ["named", "loose", "image"])).toEqual(["named", "image"]);
  expect(await heldOf(store, "single", ["cached"])).toEqual(["cached"]);
  await store.close();
});

test("an older program counts into the usage, and what it leaves is found by looking again", async () => {
  await (await open()).close();
  const rolledBack = await openSqlite({ path: file.path, migrations: migrations.slice(0, 4) });
  await rolledBack.close();
  execute(`INSERT INTO repositories (name) VALUES ('${here}');
    ${oldBlob("loose", here)} ${oldBlob("named", here)} ${oldBlob("unlinked", here)}
    ${oldImage(here, digestFor("named"))}
    DELETE FROM blob_links WHERE digest = '${digestFor("unlinked")}';`);

  const store = await open();
  expect(await store.usage.ofRepository(here)).toEqual({ blobBytes: "namedloose".length, manifestBytes: 5 });
  const far = 10 * grace;
  expect(await collect(store, far)).toMatchObject({ links: 0 });
  const relook = (after: string | undefined) =>
    store.garbage.relook({ after, limit: 10, now: far, dueAt: far + 60 });
  const links = await relook(undefined);
  expect(links).toMatchObject({ looked: 2, hinted: 1 });
  expect(await relook(links.next)).toEqual({ looked: 3, hinted: 1, next: undefined });
  expect(await store.discardedObjects.list(far + 60, 10)).toEqual([blobOf("unlinked").locator]);
  expect(await collect(store, far + grace - 1)).toMatchObject({ links: 0 });
  expect(await collect(store, far + grace)).toMatchObject({ links: 1, blobs: 1 });
  expect(await heldOf(store, here, ["named", "loose", "image"])).toEqual(["named", "image"]);
  await store.close();
});

test("what an older program pushes again, after it was released, stays", async () => {
  const store = await open();
  await push(store, here, "image", { layers: ["layer"], tags: ["v1"] });
  await store.tags.delete(here, "v1", start);
  await store.close();
  const rolledBack = await openSqlite({ path: file.path, migrations: migrations.slice(0, 4) });
  await rolledBack.close();
  // its words for a manifest that is there
  execute(`UPDATE manifests SET media_type = 'type', artifact_type = NULL, subject = NULL, annotations = NULL,
    pulled_at = CASE WHEN pulled_at IS NULL THEN NULL ELSE NULL END WHERE digest = '${image}'`);

  const upgraded = await open();
  expect(await collect(upgraded, 10 * grace)).toMatchObject({ manifests: 0, links: 0 });
  expect(await heldOf(upgraded, here, ["image", "layer"])).toEqual(["image", "layer"]);
  await upgraded.close();
});
