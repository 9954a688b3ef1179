// The mark holds within an upload too, whose length nobody may have known: it stops there, and goes on when there is room.
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileOperations } from "../../../../storage/blobs/filesystem/file-operations.ts";
import { FilesystemBlobStore } from "../../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { DiskRoom } from "../../../../storage/disk-room.ts";
import { contentOf, sampleBytes, sourceOf } from "../../../contracts/blob-store-under-test.ts";
import { StoreDirectory } from "./store-directory.ts";

const mebibyte = 1024 * 1024;
const bytes = sampleBytes(20 * mebibyte);

let directory: StoreDirectory;
beforeEach(async () => (directory = await StoreDirectory.create()));
afterEach(() => directory.remove());

test("an append stops at the mark with nothing kept of it, and the session goes on from there", async () => {
  const disk = { free: 15 * mebibyte };
  const parts = { directories: ["/"], minFreeBytes: 5 * mebibyte, freeBytes: async () => disk.free };
  const clock = { now: 0 };
  const room = new DiskRoom({ ...parts, now: () => clock.now });
  const store = new FilesystemBlobStore(directory.path, fileOperations, room);
  const session = await store.startUpload({ algorithms: ["sha256"] });
  await session.append(sourceOf(bytes.subarray(0, mebibyte)), 0);
  const rest = bytes.subarray(mebibyte);
  await expect(session.append(sourceOf(rest), mebibyte)).rejects.toMatchObject({ code: "full" });
  expect(session.offset).toBe(mebibyte);
  expect(await room.free()).toBeGreaterThanOrEqual(5 * mebibyte);
  disk.free = 100 * mebibyte;
  clock.now = 1000;
  await session.append(sourceOf(rest), mebibyte);
  const { locator } = await session.commit(digestOf(bytes));
  expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
});
