// Figures of usage that are not what they count: found, set right, and left alone where they are right.
import Database from "better-sqlite3";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Fsck } from "../../../../src/jobs/fsck/fsck.ts";
import { pushBlob } from "../../../contracts/metadata-store-fixture.ts";
import { randomBlob } from "../../../support/images.ts";
import { never, putObject, storageAtHand, type StorageAtHand } from "../storage-fixture.ts";

const faults = [
  "UPDATE repository_usage SET blob_bytes = blob_bytes + 7",
  "UPDATE project_usage SET manifest_bytes = 7",
  "DELETE FROM project_blobs",
  "UPDATE project_blobs SET links = links + 1",
  "DELETE FROM repository_usage",
];

async function check({ blobStore, metadata }: StorageAtHand, repair: boolean) {
  const times = {
    now: Date.now,
    pause: async () => undefined,
    expirySeconds: 60,
    readingGraceMilliseconds: 1,
  };
  const options = { repair, graceSeconds: 86_400, signal: never };
  return new Fsck({ blobStore, metadata, ...times }, options).run();
}

async function figuresOf({ metadata: { usage } }: StorageAtHand) {
  const names = ["team/app", "team/other", "single"];
  const repositories = await Promise.all(names.map((name) => usage.ofRepository(name)));
  return [...repositories, await usage.ofProject("team"), await usage.ofProject("")];
}

describe("figures of usage", () => {
  it.each(faults)("are set right after %s", async (fault) => {
    const storage = await storageAtHand();
    for (const repositories of [["team/app", "team/other"], ["team/app"], ["single"]]) {
      const blob = await putObject(storage.blobStore, randomBlob(100));
      for (const name of repositories) await pushBlob(storage.metadata, name, blob, Date.now());
    }
    const before = await figuresOf(storage);
    expect(await check(storage, false)).toMatchObject({ found: 0 });
    const database = new Database(join(storage.data, "berth.sqlite"));
    database.exec(fault);
    database.close();
    const looked = await check(storage, false);
    expect(looked.counts.usage).toBeGreaterThan(0);
    expect((await check(storage, true)).counts.usage).toBe(looked.counts.usage);
    expect(await figuresOf(storage)).toEqual(before);
    expect(await check(storage, false)).toMatchObject({ found: 0 });
  });
});
