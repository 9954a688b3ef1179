// Schema step 2 on a database that was in use before there were accounts, and a program of schema 1 on the result.
import { afterEach, beforeEach, expect, test } from "vitest";
import { initialSchema } from "../../../../storage/metadata/migrations/0001-initial-schema.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";
import { memberOf, projectOf, userOf } from "../../../contracts/metadata-store-access-fixture.ts";
import { blobOf, manifestOf, tagsOf } from "../../../contracts/metadata-store-fixture.ts";
import { makeFile, type TestFile } from "../sqlite-databases.ts";

const all = { kind: "all" } as const;
const layer = blobOf("layer");
/** The row of a session, as a program of schema 1 writes it: without an owner. */
const startUpload = (id: string) =>
  `INSERT INTO uploads (id, repository, state, byte_offset, algorithm, expires_at)
   VALUES ('${id}', 'team/app', 'state', 7, 'sha256', 5000);`;

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

/** A database of schema 1 with two repositories, a linked blob, tags and an upload session. */
async function makeOldDatabase(): Promise<void> {
  const old = await openMetadataStore({ kind: "sqlite", path: file.path, migrations: [initialSchema] });
  await old.close();
  const { digest, mediaType, bytes } = manifestOf("", "image");
  execute(`${startUpload("u1")}
    INSERT INTO repositories (name, manifest_count) VALUES ('team/app', 1), ('single', 1);
    INSERT INTO manifests (repository_id, digest, media_type, size, pushed_at, bytes)
      SELECT id, '${digest}', '${mediaType}', ${bytes.length}, 1000, x'${bytes.toString("hex")}' FROM repositories;
    INSERT INTO tags (repository_id, name, manifest_id, updated_at)
      SELECT repository_id, 'v1', id, 1000 FROM manifests;
    INSERT INTO blobs (digest, locator, size, state, reference_count, touched_at)
      VALUES ('${layer.digest}', '${layer.locator}', ${layer.size}, 'present', 0, 1000);
    INSERT INTO blob_links (repository_id, digest, linked_at)
      SELECT id, '${layer.digest}', 1000 FROM repositories WHERE name = 'team/app';`);
}

test("what was there stays, in projects that belong to the administrators once they are adopted", async () => {
  await makeOldDatabase();
  const store = await open();
  const { accounts, members, projects } = store.access;
  expect((await store.repositories.list({ limit: 10, visibility: all })).entries).toEqual([
    "single",
    "team/app",
  ]);
  expect(await tagsOf(store, "team/app")).toEqual(["v1"]);
  expect(await store.blobLinks.find("team/app", layer.digest)).toEqual(layer);
  expect(await store.uploads.find("team/app", "u1", 1)).toMatchObject({ offset: 7, owner: "" });
  expect(await store.access.revision()).toBeGreaterThan(0);
  expect((await accounts.list({ limit: 10 })).entries).toEqual([]);

  let ids = 0;
  await projects.adopt("library", () => `id ${++ids}`, 9000);
  const made = (await projects.list({ limit: 10, visibility: all })).entries;
  expect(made.map(({ name, public: open }) => `${name} ${open ? "public" : "private"}`)).toEqual([
    "library private",
    "team private",
  ]);
  for (const { name } of made) {
    expect((await members.list(name, { limit: 10 })).entries).toEqual([]);
    expect(await projects.delete(name, "library")).toBe("not-empty");
  }
  await store.close();
});

test("a program of schema 1 works on the result, and what it did is there when the new one comes back", async () => {
  const upgraded = await open();
  await upgraded.access.accounts.create(userOf("ann"));
  await upgraded.access.projects.create(projectOf("team"), "id of ann");
  await upgraded.close();

  const rolledBack = await openMetadataStore({
    kind: "sqlite",
    path: file.path,
    migrations: [initialSchema],
  });
  await rolledBack.manifests.commit(manifestOf("team/app", "image", { tags: ["v1"] }));
  await rolledBack.close();
  execute(startUpload("u2"));

  const again = await open();
  expect(await tagsOf(again, "team/app")).toEqual(["v1"]);
  expect(await again.uploads.find("team/app", "u2", 1)).toMatchObject({ owner: "" });
  expect((await again.access.members.list("team", { limit: 10 })).entries).toEqual([
    memberOf("ann", "maintainer"),
  ]);
  expect(await again.access.projects.delete("team", "library")).toBe("not-empty");
  await again.close();
});
