// What nobody needs and the collector would not come by: found by a check, counted and left without --repair, and with it
// collected as if its hint had never been lost.
import Database from "better-sqlite3";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Fsck } from "../../../../src/jobs/fsck/fsck.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { collect, grace, push } from "../../../contracts/garbage-store-fixture.ts";
import { randomBlob } from "../../../support/images.ts";
import { never, storageAtHand, type StorageAtHand } from "../storage-fixture.ts";

const hour = 3_600_000;

async function check({ blobStore, metadata }: StorageAtHand, repair: boolean, now = Date.now()) {
  const times = { now: () => now, pause: async () => undefined };
  const parts = { blobStore, metadata, ...times, expirySeconds: 60, readingGraceMilliseconds: 1 };
  return new Fsck(parts, { repair, graceSeconds: 86_400, signal: never }).run();
}

function alter({ data }: StorageAtHand, sql: string, ...values: unknown[]): void {
  const database = new Database(join(data, "berth.sqlite"));
  database.pragma("foreign_keys = OFF");
  const { changes } = database.prepare(sql).run(...values);
  database.close();
  expect(changes).toBe(1);
}

/** A loose blob, and an image with a layer that keeps its own. */
async function filled() {
  const storage = await storageAtHand();
  const loose = await storage.push(randomBlob(100));
  const kept = await storage.push(randomBlob(100));
  const { metadata } = storage;
  const committed = await metadata.manifests.commit({
    ...{ repository: "team/app", mediaType: "application/vnd.oci.image.manifest.v1+json" },
    ...{ bytes: Buffer.from("image"), digest: digestOf(Buffer.from("image")), tags: ["v1"] },
    references: [{ digest: kept.digest, kind: "blob", required: true }],
    ...{ referencePolicy: "required", now: Date.now() },
  });
  expect(committed.outcome).toBe("committed");
  return { storage, loose, kept, locate: metadata.blobLinks.locate.bind(metadata.blobLinks) };
}

const losses: readonly (readonly [how: string, sql: string])[] = [
  ["whose hint is lost", "UPDATE blob_links SET touched_at = NULL WHERE digest = ?"],
  [
    "whose hint is of a time to come",
    `UPDATE blob_links SET touched_at = ${Date.now() + 1000 * hour} WHERE digest = ?`,
  ],
  ["that nobody links any more", "DELETE FROM blob_links WHERE digest = ?"],
];

describe.each(losses)("a blob that nobody needs, %s", (_how, sql) => {
  it("is counted by a check, and collected after a repair", async () => {
    const { storage, loose, kept, locate } = await filled();
    alter(storage, sql, loose.digest);
    for (let n = 0; n < 2; n++)
      expect(await check(storage, false)).toMatchObject({ counts: { unhinted: 1, missing: 0 }, found: 1 });
    const later = Date.now() + 2 * grace;
    await collect(storage.metadata, later);
    expect(await locate(loose.digest)).toEqual(loose);

    expect((await check(storage, true)).counts).toMatchObject({ unhinted: 1 });
    expect(await check(storage, false)).toMatchObject({ found: 0 });
    await collect(storage.metadata, Date.now() + 2 * grace);
    expect(await locate(loose.digest)).toBeUndefined();
    expect(await locate(kept.digest)).toEqual(kept);
  });
});

describe("a check of hints", () => {
  it("counts nothing of what is needed, hint or none, or waits for its time", async () => {
    const { storage, kept } = await filled();
    await push(storage.metadata, "team/tools", "tool", { layers: ["layer"], now: Date.now() });
    alter(storage, "UPDATE blob_links SET touched_at = NULL WHERE digest = ?", kept.digest);
    for (const repair of [false, true]) expect((await check(storage, repair)).counts.unhinted).toBe(0);
  });
});
