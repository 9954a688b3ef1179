// Opening a SQLite database, and two processes on one file.
import { access, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";
import { openSqlite } from "../../../../storage/metadata/sqlite/open-sqlite.ts";
import { SqlMetadataStore } from "../../../../storage/metadata/sql-metadata-store.ts";
import {
  blobOf,
  digestFor,
  discardedBy,
  listsAny,
  manifestOf,
  pushBlob,
  tagsOf,
} from "../../../contracts/metadata-store-fixture.ts";

describe("a SQLite database", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-metadata-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const range = (length: number) => Array.from({ length }, (_, index) => index);
  const openAt = (path: string, more = {}) => openMetadataStore({ kind: "sqlite", path, ...more });

  test("is made with the folders it lies in, and keeps everything when it is closed and opened again", async () => {
    const path = join(folder, "not", "yet", "there", "berth.sqlite");
    const first = await openAt(path);
    await first.manifests.commit(manifestOf("a", "content", { tags: ["v1"] }));
    await first.close();
    const second = await openAt(path);
    expect((await second.manifests.findByTag("a", "v1"))?.digest).toBe(digestFor("content"));
    await second.close();
  });

  test("is one file after it was closed, and closing twice is closing once", async () => {
    const path = join(folder, "berth.sqlite");
    const store = await openAt(path);
    await store.manifests.commit(manifestOf("a", "content"));
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await expect(access(`${path}-wal`)).rejects.toThrow();
    await expect(store.ping()).rejects.toThrow();
  });

  test("that cannot be opened says why, and leaves nothing beside it", async () => {
    await expect(openAt(folder)).rejects.toThrow();
    const path = join(folder, "not-a-database");
    await writeFile(path, "something else".repeat(1000));
    await expect(openAt(path)).rejects.toThrow("file is not a database");
    expect(await readdir(folder)).toEqual(["not-a-database"]);
  });

  test("opened for one alone waits for the others to close, and they wait for it", async () => {
    const path = join(folder, "berth.sqlite");
    const alone = { exclusive: true, busyLimitMilliseconds: 50 };
    const idle = await openAt(path);
    await expect(openAt(path, alone)).rejects.toMatchObject({ code: "busy" });
    await idle.close();
    const only = await openAt(path, alone);
    await expect(openAt(path, { busyLimitMilliseconds: 50 })).rejects.toMatchObject({ code: "busy" });
    await pushBlob(only, "a", blobOf("layer"));
    expect((await only.storedBlobs.list({ limit: 10 })).entries).toHaveLength(1);
    await only.close();
    const next = await openAt(path);
    expect(await next.blobLinks.find("a", blobOf("layer").digest)).toEqual(blobOf("layer"));
    await next.close();
  });

  test("two processes that start on no database at once both come up on one schema", async () => {
    const path = join(folder, "berth.sqlite");
    const stores = await Promise.all(range(4).map(() => openAt(path)));
    await stores[0]!.manifests.commit(manifestOf("a", "content"));
    for (const store of stores) expect(await store.repositories.exists("a")).toBe(true);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("what one process was told is committed, the other sees at once", async () => {
    const path = join(folder, "berth.sqlite");
    const [one, two] = [await openAt(path), await openAt(path)];
    for (const index of range(20)) {
      await one.manifests.commit(manifestOf("a", `content ${index}`, { tags: ["v1"] }));
      expect((await two.manifests.findByTag("a", "v1"))?.digest).toBe(digestFor(`content ${index}`));
    }
    await Promise.all([one.close(), two.close()]);
  });

  test("two processes that push one digest and create one tag at once get on: one object, one winner", async () => {
    const path = join(folder, "berth.sqlite");
    const stores = [await openAt(path), await openAt(path)];
    const precondition = { tag: "v1", demand: { kind: "absent" } } as const;
    const [pushes, commits] = await Promise.all([
      Promise.all(
        range(50).map((index) => pushBlob(stores[index % 2]!, `r${index % 10}`, blobOf("x", `${index}`))),
      ),
      Promise.all(
        range(20).map((index) =>
          stores[index % 2]!.manifests.commit(
            manifestOf("a", `content ${index}`, { tags: ["v1"], precondition }),
          ),
        ),
      ),
    ]);
    expect(pushes.every(Boolean)).toBe(true);
    expect(await discardedBy(stores[0]!)).toHaveLength(49);
    expect(commits.filter((commit) => commit.outcome === "committed")).toHaveLength(1);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("reads go on while another process writes for long, and see the state before", async () => {
    const path = join(folder, "berth.sqlite");
    const store = await openAt(path);
    await store.manifests.commit(manifestOf("a", "content", { tags: ["v1"] }));
    const foreign = new SqliteConnection(path);
    foreign.execute("BEGIN IMMEDIATE; DELETE FROM tags");
    expect(await tagsOf(store, "a")).toEqual(["v1"]);
    foreign.execute("COMMIT");
    expect(await tagsOf(store, "a")).toEqual([]);
    foreign.close();
    await store.close();
  });

  test("cannot be changed through the connection that reads", async () => {
    const runner = await openSqlite({ path: join(folder, "berth.sqlite") });
    function* change() {
      yield { sql: "DELETE FROM tags", parameters: [] };
    }
    await expect(runner.read(change)).rejects.toThrow("readonly");
    await runner.close();
  });

  test("an index of 20,000 entries leaves turns to everybody else, and reads go on meanwhile", async () => {
    const runner = await openSqlite({ path: join(folder, "berth.sqlite"), turnMilliseconds: 1 });
    const store = new SqlMetadataStore(runner);
    await store.manifests.commit(manifestOf("a", "small", { tags: ["v1"] }));
    const references = range(20_000).map((index) => listsAny(digestFor(`child ${index}`)));
    let done = false as boolean;
    const big = store.manifests.commit(manifestOf("a", "index", { references, referencePolicy: "lazy" }));
    void big.finally(() => (done = true));
    let turns = 0;
    for (; !done; turns++) {
      expect(await tagsOf(store, "a")).toEqual(["v1"]);
      await nextTurn();
    }
    expect(await big).toEqual({ outcome: "committed" });
    expect(turns).toBeGreaterThan(20);
    expect(await store.manifests.delete("a", digestFor("child 19999"), 5000)).toEqual({ outcome: "absent" });
    await store.close();
  });
});
