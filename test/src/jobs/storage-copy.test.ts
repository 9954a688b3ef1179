// All blobs to another store: what a copy brings, what it skips, and when it switches. Kills are in
// test/src/cli/storage/storage-copy.test.ts.
import { randomUUID } from "node:crypto";
import { truncate, unlink, writeFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { StorageCopy, type CopyProgress, type StorageCopyOptions } from "../../../src/jobs/storage-copy.ts";
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { openS3BlobStore } from "../../../storage/blobs/s3/open-s3-blob-store.ts";
import { digestOf } from "../../../storage/digest.ts";
import { discardedBy, pushBlob, uploadOf } from "../../contracts/metadata-store-fixture.ts";
import { contentOf, listed } from "../../contracts/blob-store-under-test.ts";
import { randomBlob } from "../../support/images.ts";
import { ObservedBlobStore, type Disk } from "../../support/observed-blob-store.ts";
import { s3Endpoints } from "../../support/s3/s3-endpoint.ts";
import { strictStore } from "../../storage/blobs/s3/strict-store.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { never, putObject, storageAtHand, type StorageAtHand } from "./storage-fixture.ts";

interface Move extends StorageAtHand {
  readonly target: BlobStore;
  readonly disk: Disk;
  readonly copy: (options?: Partial<StorageCopyOptions>) => ReturnType<StorageCopy["run"]>;
  /** What the registry would read when it serves from the target. */
  readonly inTarget: (content: Buffer) => Promise<Buffer | undefined>;
}

async function move(): Promise<Move> {
  const storage = await storageAtHand();
  const disk: Disk = {};
  const place = { kind: "filesystem", directory: await scratchDirectory() } as const;
  const target = new ObservedBlobStore(await openBlobStore(place), disk);
  const { metadata, blobStore: source } = storage;
  const parts = { source, target, targetName: "the target", metadata, now: Date.now };
  const standard = { switchOver: false, leaveBroken: false, signal: never };
  const copy: Move["copy"] = (options) => new StorageCopy(parts, { ...standard, ...options }).run();
  const inTarget = async (content: Buffer): Promise<Buffer | undefined> => {
    const row = await metadata.blobLinks.find("team/app", digestOf(content));
    return row && contentOf(target, row.locator);
  };
  return { ...storage, target, disk, copy, inTarget };
}

describe("a copy of the storage", () => {
  it("brings every blob and changes no row; a second run finds all of it there", async () => {
    const { push, pushed, copy, target } = await move();
    const contents = [
      randomBlob(0),
      randomBlob(1),
      randomBlob(3_000_000),
      ...Array.from({ length: 20 }, () => randomBlob()),
    ];
    const blobs = [];
    for (const content of contents) blobs.push(await push(content));
    const bytes = 3_000_001 + 20 * 64;
    expect(await copy()).toMatchObject({
      blobs: 23,
      bytes,
      copied: 23,
      copiedBytes: bytes,
      already: 0,
      broken: 0,
    });
    for (const [index, blob] of blobs.entries()) {
      expect((await pushed(blob))?.equals(contents[index] ?? randomBlob())).toBe(true);
    }
    expect(await copy()).toMatchObject({ copied: 0, copiedBytes: 0, already: 23, switched: undefined });
    expect(await listed(target)).toHaveLength(23);
  });

  it("switches all rows at once, to bytes that are the same", async () => {
    const { push, copy, inTarget, metadata } = await move();
    const contents = Array.from({ length: 10 }, () => randomBlob());
    for (const content of contents.slice(1)) await push(content);
    await copy();
    await push(contents[0] ?? randomBlob());
    await metadata.uploads.start(uploadOf("open", "team/app", Date.now() + 1e6));
    const switched = { outcome: "switched", blobs: 10, left: 0 };
    expect(await copy({ switchOver: true })).toMatchObject({ copied: 1, already: 9, switched });
    for (const content of contents) expect(await inTarget(content)).toEqual(content);
    expect(await metadata.uploads.find("team/app", "open", Date.now())).toBeUndefined();
    expect(await discardedBy(metadata)).toEqual([]);
  });

  it("goes back as it came", async () => {
    const { push, copy, target, blobStore, metadata } = await move();
    const content = randomBlob();
    const blob = await push(content);
    await copy({ switchOver: true });
    const parts = { source: target, target: blobStore, targetName: "the source", metadata, now: Date.now };
    await new StorageCopy(parts, { switchOver: true, leaveBroken: false, signal: never }).run();
    const row = await metadata.blobLinks.find("team/app", blob.digest);
    expect(row && (await contentOf(blobStore, row.locator))).toEqual(content);
  });

  it.each(s3Endpoints())("moves to a bucket and back: $name", async ({ start, equalParts }) => {
    const storage = await storageAtHand();
    const { metadata, blobStore: directory, push } = storage;
    const server = await start();
    onTestFinished(() => server.close());
    const { endpoint, bucket, region, accessKeyId, secretAccessKey } = server;
    const inBucket = await openS3BlobStore({
      ...{ endpoint, bucket, region, equalParts, forcePathStyle: true, prefix: `copy-${randomUUID()}/` },
      ...{ credentials: { kind: "static", accessKeyId, secretAccessKey }, spoolDirectory: storage.data },
    });
    onTestFinished(() => inBucket.close());
    const contents = [0, 1, 100_000, 20_000_000].map((size) => randomBlob(size));
    for (const content of contents) await push(content);
    const options = { switchOver: true, leaveBroken: false, signal: never };
    const parts = { metadata, now: Date.now };
    for (const [source, target] of [
      [directory, inBucket],
      [inBucket, directory],
    ] as const) {
      const report = await new StorageCopy({ ...parts, source, target, targetName: "next" }, options).run();
      expect(report).toMatchObject({ copied: 4, broken: 0, switched: { outcome: "switched" } });
      for (const content of contents) {
        const row = await metadata.blobLinks.find("team/app", digestOf(content));
        const found = row && (await contentOf(target, row.locator));
        expect(found?.equals(content)).toBe(true);
      }
    }
    await inBucket.delete((await listed(inBucket)).map(({ locator }) => locator));
  });

  it("asks a bucket for one object and its index a blob, where one request can bring it", async () => {
    const { push, metadata, blobStore: source } = await storageAtHand();
    const { store: target, server } = await strictStore();
    for (const size of [10, 100_000, 6_000_000]) await push(randomBlob(size));
    const parts = { source, target, targetName: "bucket", metadata, now: Date.now };
    await new StorageCopy(parts, { switchOver: false, leaveBroken: false, signal: never }).run();
    expect(server.counts()).toMatchObject({ PutObject: 6 });
    expect(server.counts()).not.toHaveProperty("UploadPart");
  });

  it("reports and skips what is broken, brings the rest, and does not switch", async () => {
    const { push, pathOf, copy, metadata } = await move();
    const [sound, lost, short, rotten] = [
      await push(randomBlob()),
      await push(randomBlob()),
      await push(randomBlob()),
      await push(randomBlob()),
    ];
    await unlink(pathOf(lost));
    await truncate(pathOf(short), 5);
    await writeFile(pathOf(rotten), randomBlob());
    const report = await copy({ switchOver: true });
    expect(report).toMatchObject({ copied: 1, copiedBytes: sound.size, broken: 3, switched: undefined });
    expect(new Map(report.brokenBlobs.map(({ digest, reason }) => [digest, reason]))).toEqual(
      new Map([
        [lost.digest, "its bytes are not there"],
        [short.digest, "it has 5 bytes instead of 64"],
        [rotten.digest, "its bytes have another digest"],
      ]),
    );
    for (const blob of [sound, lost, short, rotten])
      expect(await metadata.blobLinks.locate(blob.digest)).toEqual(blob);
  });

  it("does without what is broken when it is told to, and a push heals that", async () => {
    const { push, pathOf, copy, inTarget, target, metadata } = await move();
    const [soundBytes, lostBytes] = [randomBlob(), randomBlob()];
    await push(soundBytes);
    await unlink(pathOf(await push(lostBytes)));
    const switched = { outcome: "switched", blobs: 1, left: 1 };
    expect(await copy({ switchOver: true, leaveBroken: true })).toMatchObject({ broken: 1, switched });
    expect(await inTarget(soundBytes)).toEqual(soundBytes);
    expect(await inTarget(lostBytes)).toBeUndefined();
    await pushBlob(metadata, "team/app", await putObject(target, lostBytes), Date.now());
    expect(await inTarget(lostBytes)).toEqual(lostBytes);
  });

  it("leaves no upload behind in the target for what it could not copy", async () => {
    const { push, pathOf, copy, target } = await move();
    await writeFile(pathOf(await push(randomBlob())), randomBlob());
    expect(await copy()).toMatchObject({ broken: 1 });
    expect(await target.removeStaleUploads(new Date(Date.now() + 1e6), never)).toBe(0);
    expect(await listed(target)).toEqual([]);
  });

  it("copies again what was noted and is gone from the target since", async () => {
    const { push, copy, inTarget, target } = await move();
    const contents = [randomBlob(), randomBlob()];
    for (const content of contents) await push(content);
    await copy();
    const [one] = await listed(target);
    await target.delete(one ? [one.locator] : []);
    expect(await copy({ switchOver: true })).toMatchObject({ copied: 1, already: 1 });
    for (const content of contents) expect(await inTarget(content)).toEqual(content);
  });

  it("ends with the reason when the target fails, and goes on where it was", async () => {
    const { push, copy, disk, inTarget } = await move();
    const contents = Array.from({ length: 30 }, () => randomBlob());
    for (const content of contents) await push(content);
    let uploads = 0;
    disk.onStart = () => {
      uploads += 1;
      if (uploads === 12) disk.commitFailure = new Error("the target is away");
    };
    await expect(copy()).rejects.toThrow("the target is away");
    disk.commitFailure = undefined;
    const report = await copy({ switchOver: true });
    expect(report.already).toBeGreaterThan(0);
    expect(report.already + report.copied).toBe(30);
    for (const content of contents) expect(await inTarget(content)).toEqual(content);
  });

  it("ends when it is told to, with what is noted being there", async () => {
    const { push, copy, target } = await move();
    for (let n = 0; n < 30; n++) await push(randomBlob());
    const stop = new AbortController();
    const onProgress = ({ blobs }: CopyProgress): void => {
      if (blobs === 10) stop.abort(new Error("enough"));
    };
    await expect(copy({ signal: stop.signal, onProgress })).rejects.toThrow("enough");
    const { already, copied } = await copy();
    expect(already).toBeGreaterThanOrEqual(10);
    expect(already + copied).toBe(30);
    expect(await target.removeStaleUploads(new Date(Date.now() + 1e6), never)).toBe(0);
  });

  it("takes a blob that is replaced while it is read for none of its own, and brings it the next time", async () => {
    const { push, pathOf, copy, metadata, disk, inTarget } = await move();
    const content = randomBlob();
    const blob = await push(content);
    await writeFile(pathOf(blob), randomBlob());
    disk.onStart = () => {
      disk.onStart = undefined;
      void metadata.blobLinks.markDamaged(blob.digest, blob.locator);
    };
    expect(await copy()).toMatchObject({ broken: 0, copied: 0 });
    await push(content);
    expect(await copy({ switchOver: true })).toMatchObject({ copied: 1 });
    expect(await inTarget(content)).toEqual(content);
  });

  it("says how far it is, in blobs and in bytes", async () => {
    const { push, copy } = await move();
    for (let n = 1; n <= 5; n++) await push(randomBlob(n * 100_000));
    const stands: CopyProgress[] = [];
    const onProgress = (stand: CopyProgress): void => void stands.push(stand);
    await copy({ onProgress });
    const all = { totalBlobs: 5, totalBytes: 1_500_000 };
    expect(stands.at(-1)).toEqual({ ...all, blobs: 5, bytes: 1_500_000, movedBytes: 1_500_000 });
    expect(stands.length).toBeGreaterThan(10);
    const again: CopyProgress[] = [];
    await copy({ onProgress: (stand) => void again.push(stand) });
    expect(again.at(-1)).toEqual({ ...all, blobs: 5, bytes: 1_500_000, movedBytes: 0 });
  });
});
