// A database that can't grow, by SQLite itself: wherever within a step it runs out of pages, the step did not happen, the
// caller hears `full`, and with room again the same step succeeds on the same connection (REQ-22).
import { join } from "node:path";
import { expect, test } from "vitest";
import { query } from "../../../../storage/metadata/statement.ts";
import { SqlMetadataStore } from "../../../../storage/metadata/sql-metadata-store.ts";
import { openSqlite } from "../../../../storage/metadata/sqlite/open-sqlite.ts";
import { blobOf, manifestOf, needsBlob, pushBlob } from "../../../contracts/metadata-store-fixture.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

const noLimit = 1_000_000_000;

test("whatever page is the last, a push happens wholly or not at all, and goes on when there is room", async () => {
  const runner = await openSqlite({ path: join(await scratchDirectory(), "berth.sqlite") });
  const store = new SqlMetadataStore(runner);
  const limitPages = (pages: number) => runner.write(() => query(`PRAGMA max_page_count = ${pages}`));
  const outcomes = { full: 0, done: 0 };
  for (let n = 0; n < 60; n += 1) {
    const repository = `team/${"long".repeat(50)}${n}`;
    const blob = blobOf(`layer ${n}`);
    // of a size that takes pages of its own, more each time
    const manifest = manifestOf(repository, `image ${n} `.repeat(100 * n), {
      ...{ references: [needsBlob(blob.digest)], tags: ["v1"] },
      annotations: { [`key ${n}`]: "x".repeat(500 * n) },
    });
    const pages = await runner.read(() => query<{ page_count: number }>("PRAGMA page_count"));
    await limitPages((pages[0]?.page_count ?? 0) + (n % 12));
    const tried = await pushAll(store, repository, blob, manifest);
    await limitPages(noLimit);
    if (tried === "done") outcomes.done += 1;
    else {
      outcomes.full += 1;
      expect(tried).toMatchObject({ code: "full" });
      expect(await store.manifests.findByTag(repository, "v1")).toBeUndefined();
      expect(await store.repositories.exists(repository)).toBe(false);
      expect(await pushAll(store, repository, blobOf(`layer ${n}`, "again"), manifest)).toBe("done");
    }
    const stored = await store.manifests.findByTag(repository, "v1");
    expect(stored?.bytes.equals(manifest.bytes)).toBe(true);
    expect((await store.blobLinks.find(repository, blob.digest))?.size).toBe(blob.size);
  }
  expect(outcomes.full).toBeGreaterThan(10);
  expect(outcomes.done).toBeGreaterThan(5);
  expect(await runner.read(() => query("PRAGMA integrity_check"))).toEqual([{ integrity_check: "ok" }]);
  await store.close();
});

async function pushAll(
  store: SqlMetadataStore,
  repository: string,
  blob: ReturnType<typeof blobOf>,
  manifest: ReturnType<typeof manifestOf>,
): Promise<unknown> {
  try {
    await pushBlob(store, repository, blob);
    await store.manifests.commit(manifest);
    return "done";
  } catch (error) {
    return error;
  }
}
