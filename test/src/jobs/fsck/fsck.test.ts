// Rows and objects that do not agree are found and mended; whatever a push is working on meanwhile is left alone.
import { readdir, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DiscardedObjects } from "../../../../src/jobs/discarded-objects.ts";
import { Fsck, type FsckOptions } from "../../../../src/jobs/fsck/fsck.ts";
import type { FsckReport } from "../../../../src/jobs/fsck/fsck-report.ts";
import type { BlobStore } from "../../../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import type { Locator, StoredObject } from "../../../../storage/blobs/stored-object.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import type { BlobRecord } from "../../../../storage/metadata/records.ts";
import { discardedBy, pushBlob } from "../../../contracts/metadata-store-fixture.ts";
import { randomBlob } from "../../../support/images.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { hour, never, putObject, storageAtHand, storeWith, type StorageAtHand } from "../storage-fixture.ts";

const graceSeconds = 86_400;

type Parts = Pick<StorageAtHand, "metadata"> & { readonly blobStore: BlobStore };

function check(
  { blobStore, metadata }: Parts,
  { now = Date.now(), ...options }: Partial<FsckOptions> & { readonly now?: number } = {},
): Promise<FsckReport> {
  const times = {
    now: () => now,
    pause: async () => undefined,
    expirySeconds: 7 * 86_400,
    readingGraceMilliseconds: 60_000,
  };
  return new Fsck(
    { blobStore, metadata, ...times },
    { repair: false, graceSeconds, signal: never, ...options },
  ).run();
}

const later = (milliseconds: number): number => Date.now() + milliseconds;

/** A store whose listing is as slow as the test wants: `between` runs before each object is told. */
function listingSlowly(
  store: BlobStore,
  between: (object: StoredObject, index: number) => Promise<void>,
): BlobStore {
  async function* list(signal: AbortSignal): AsyncGenerator<StoredObject> {
    let index = 0;
    for await (const object of store.list(signal)) {
      await between(object, index);
      index += 1;
      yield object;
    }
  }
  return storeWith(store, { list });
}

describe("a check of the storage", () => {
  it("finds nothing where rows and objects agree, and counts them", async () => {
    const storage = await storageAtHand();
    for (let n = 0; n < 5; n++) await storage.push(randomBlob(100));
    const report = await check(storage, { now: later(48 * hour) });
    expect(report).toMatchObject({ objects: 5, objectBytes: 500, blobs: 5, found: 0, findings: [] });
    expect(report.staleUploads).toBeUndefined();
  });

  it("tells objects without a row, rows without an object and rows of another size apart, and changes nothing", async () => {
    const storage = await storageAtHand();
    const [kept, lost, short] = [
      await storage.push(randomBlob()),
      await storage.push(randomBlob()),
      await storage.push(randomBlob(64)),
    ];
    const orphan = await putObject(storage.blobStore, randomBlob(10));
    await unlink(storage.pathOf(lost));
    await truncate(storage.pathOf(short), 5);
    const report = await check(storage, { now: later(48 * hour) });
    expect(report.counts).toMatchObject({ orphan: 1, missing: 1, "wrong-size": 1 });
    expect(report.findings).toEqual(
      expect.arrayContaining([
        { kind: "orphan", locator: orphan.locator, size: 10 },
        { kind: "missing", digest: lost.digest, locator: lost.locator, size: 64, repositories: ["team/app"] },
        {
          kind: "wrong-size",
          digest: short.digest,
          locator: short.locator,
          size: 64,
          storedSize: 5,
          repositories: ["team/app"],
        },
      ]),
    );
    expect(report).toMatchObject({ repaired: false, orphanBytes: 10, found: 3 });
    for (const blob of [kept, lost, short])
      expect(await storage.metadata.blobLinks.locate(blob.digest)).toEqual(blob);
    expect(await discardedBy(storage.metadata)).toEqual([]);
  });

  it("repairs: the next check is clean, orphans are deleted an hour later, and a push heals the rest", async () => {
    const storage = await storageAtHand();
    const [keptBytes, lostBytes] = [randomBlob(), randomBlob()];
    const kept = await storage.push(keptBytes);
    const lost = await storage.push(lostBytes);
    const orphan = await putObject(storage.blobStore, randomBlob());
    await unlink(storage.pathOf(lost));
    const now = later(48 * hour);
    expect(await check(storage, { repair: true, now })).toMatchObject({ found: 2, repaired: true });
    expect(await check(storage, { now })).toMatchObject({ found: 0, damaged: 1 });
    expect(await storage.metadata.blobLinks.find("team/app", lost.digest)).toBeUndefined();
    const { metadata, blobStore } = storage;
    const queueAt = (at: number) =>
      new DiscardedObjects({ blobStore, metadata, everySeconds: 5, now: () => at });
    await queueAt(now + hour - 1).run(never);
    expect(await blobStore.stat(orphan.locator)).toBeDefined();
    await queueAt(now + hour).run(never);
    expect(await blobStore.stat(orphan.locator)).toBeUndefined();
    await storage.push(lostBytes);
    expect(await storage.pushed(lost)).toEqual(lostBytes);
    expect(await storage.pushed(kept)).toEqual(keptBytes);
  });

  it("leaves what is younger than the grace alone, to the millisecond", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob());
    const orphan = await putObject(storage.blobStore, randomBlob());
    let modifiedAt = 0;
    for await (const object of storage.blobStore.list(never)) {
      if (object.locator === orphan.locator) modifiedAt = object.modifiedAt.getTime();
    }
    const end = modifiedAt + graceSeconds * 1000;
    expect(await check(storage, { repair: true, now: end })).toMatchObject({ found: 0 });
    expect(await discardedBy(storage.metadata)).toEqual([]);
    expect(await check(storage, { repair: true, now: end + 1 })).toMatchObject({ found: 1 });
    expect(await discardedBy(storage.metadata)).toEqual([orphan.locator]);
  });

  it("takes objects that wait to be deleted for known", async () => {
    const storage = await storageAtHand();
    const content = randomBlob();
    await storage.push(content);
    await storage.push(content);
    expect(await discardedBy(storage.metadata)).toHaveLength(1);
    expect(await check(storage, { now: later(48 * hour) })).toMatchObject({ objects: 2, found: 0 });
  });

  it("does not take a blob that is pushed meanwhile for anything, even when its bytes are old", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob());
    const late: BlobRecord[] = [];
    for (let n = 0; n < 20; n++) late.push(await putObject(storage.blobStore, randomBlob()));
    // listed long before its row comes, which comes before the check judges
    const blobStore = listingSlowly(storage.blobStore, async ({ locator }) => {
      const blob = late.find((one) => one.locator === locator);
      if (blob) await pushBlob(storage.metadata, "team/app", blob, Date.now());
      await storage.push(randomBlob());
    });
    const parts = { metadata: storage.metadata, blobStore };
    expect(await check(parts, { repair: true, now: later(48 * hour) })).toMatchObject({ found: 0 });
    expect(await discardedBy(storage.metadata)).toEqual([]);
    for (const blob of late) expect(await storage.pushed(blob)).toBeDefined();
  });

  it("gives back what it queued when the row comes after all", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob());
    const content = randomBlob();
    const slow = await putObject(storage.blobStore, content);
    const now = later(48 * hour);
    expect(await check(storage, { repair: true, now })).toMatchObject({ found: 1 });
    await pushBlob(storage.metadata, "team/app", slow, Date.now());
    const { metadata, blobStore } = storage;
    await new DiscardedObjects({ blobStore, metadata, everySeconds: 5, now: () => now + 9 * hour }).run(
      never,
    );
    expect(await storage.pushed(slow)).toEqual(content);
  });

  it("reports nothing of objects that are deleted under its feet", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob());
    for (let n = 0; n < 20; n++) await putObject(storage.blobStore, randomBlob());
    const blobStore = listingSlowly(storage.blobStore, async ({ locator }) => {
      if ((await storage.metadata.storedBlobs.findKnown([locator])).length === 0)
        await storage.blobStore.delete([locator]);
    });
    const parts = { metadata: storage.metadata, blobStore };
    expect(await check(parts, { now: later(48 * hour) })).toMatchObject({ found: 0 });
  });

  it("reports no row whose blob was replaced while it looked", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob());
    const content = randomBlob();
    const blob = await storage.push(content);
    const { metadata } = storage;
    const blobStore = storeWith(storage.blobStore, {
      stat: async (locator: Locator) => {
        if (locator !== blob.locator) return storage.blobStore.stat(locator);
        // the server finds out, and a push heals, between the row and its object
        await metadata.blobLinks.markDamaged(blob.digest, locator);
        await storage.push(content);
        return undefined;
      },
    });
    expect(await check({ metadata, blobStore }, { repair: true })).toMatchObject({ counts: { missing: 0 } });
    expect(await storage.pushed(blob)).toEqual(content);
  });

  it("repairs nothing where none of the blobs is in the store: it is another one, or not mounted", async () => {
    const storage = await storageAtHand();
    const blob = await storage.push(randomBlob());
    const directory = await scratchDirectory();
    const other = await openBlobStore({ kind: "filesystem", directory });
    const stranger = await putObject(other, randomBlob());
    const parts = { metadata: storage.metadata, blobStore: other };
    const report = await check(parts, { repair: true, now: later(48 * hour) });
    expect(report).toMatchObject({ repaired: false, counts: { orphan: 1, missing: 1 } });
    expect(await storage.metadata.blobLinks.locate(blob.digest)).toEqual(blob);
    expect(await discardedBy(storage.metadata)).toEqual([]);
    expect(await other.stat(stranger.locator)).toBeDefined();
  });

  it("repairs nothing on a database that knows no blob, whatever is in the store", async () => {
    const storage = await storageAtHand();
    await putObject(storage.blobStore, randomBlob());
    const report = await check(storage, { repair: true, now: later(48 * hour) });
    expect(report).toMatchObject({ repaired: false, found: 1 });
    expect(await discardedBy(storage.metadata)).toEqual([]);
  });

  it("removes uploads that were forgotten, and no others", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob());
    const uploads = join(storage.directory, "uploads");
    const [old, young] = ["0".repeat(32), "1".repeat(32)];
    for (const name of [old, young]) await writeFile(join(uploads, name), "bytes");
    await storage.age(join(uploads, old), 9 * 24 * hour);
    expect((await check(storage)).staleUploads).toBeUndefined();
    expect(await readdir(uploads)).toHaveLength(2);
    expect((await check(storage, { repair: true })).staleUploads).toBe(1);
    expect(await readdir(uploads)).toEqual([young]);
  });

  it("ends when it is told to", async () => {
    const storage = await storageAtHand();
    for (let n = 0; n < 3; n++) await storage.push(randomBlob());
    const stop = new AbortController();
    const blobStore = listingSlowly(storage.blobStore, async () => stop.abort(new Error("enough")));
    await expect(check({ metadata: storage.metadata, blobStore }, { signal: stop.signal })).rejects.toThrow(
      "enough",
    );
  });

  it("names a thousand findings at most, counts all, and says how far it is", async () => {
    const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    const blobStore = await openBlobStore({ kind: "memory" });
    const objects = Array.from({ length: 1700 }, (_, index) =>
      putObject(blobStore, Buffer.from(`object ${index}`)),
    );
    await Promise.all(objects);
    const stands: number[] = [];
    const onProgress = (stand: { objects: number }): void => void stands.push(stand.objects);
    const report = await check({ metadata, blobStore }, { now: later(48 * hour), onProgress });
    expect(report).toMatchObject({ counts: { orphan: 1700 }, objects: 1700 });
    expect(report.findings).toHaveLength(1000);
    expect(stands.at(-1)).toBe(1700);
    expect(stands).toEqual([...stands].sort((one, other) => one - other));
    await metadata.close();
  });

  it("finds exactly what was made wrong, whatever that was", async () => {
    const faults = fc.array(fc.constantFrom("sound", "lost", "longer", "orphan", "discarded"), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(faults, async (kinds) => {
        const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
        const blobStore = await openBlobStore({ kind: "memory" });
        for (const [index, kind] of kinds.entries()) {
          const blob = await putObject(blobStore, Buffer.from(`content ${index}`));
          if (kind === "discarded") await metadata.discardedObjects.add([blob.locator], 0, 0);
          if (kind === "orphan" || kind === "discarded") continue;
          const size = blob.size + (kind === "longer" ? 1 : 0);
          await pushBlob(metadata, "team/app", { ...blob, digest: digestOf(Buffer.from(`${index}`)), size });
          if (kind === "lost") await blobStore.delete([blob.locator]);
        }
        const { counts } = await check({ metadata, blobStore }, { now: later(48 * hour) });
        const count = (kind: string): number => kinds.filter((one) => one === kind).length;
        expect(counts).toMatchObject({
          orphan: count("orphan"),
          missing: count("lost"),
          "wrong-size": count("longer"),
        });
        await metadata.close();
      }),
      { numRuns: 30 },
    );
  });
});
