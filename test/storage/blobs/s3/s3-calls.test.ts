// What each way of pushing costs, in requests to the bucket: none of them lists, copies or reads anything.
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../../storage/digest.ts";
import { contentOf, put, sampleBytes, sourceOf } from "../../../contracts/blob-store-under-test.ts";
import { strictStore } from "./strict-store.ts";

const mebibyte = 1024 * 1024;
const sha256 = { algorithms: ["sha256"] } as const;

describe("requests to the bucket", () => {
  it("are none for an upload that begins and a few bytes that are acknowledged", async () => {
    const { store, server } = await strictStore();
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(sampleBytes(5000)), 0);
    expect(server.counts()).toEqual({});
    await session.commit(digestOf(sampleBytes(5000)));
    expect(server.counts()).toEqual({ PutObject: 2 });
  });

  it.each([1, 5 * mebibyte, 16 * mebibyte])(
    "are one for %i bytes that come with the close, and the index",
    async (size) => {
      const { store, server, leftovers } = await strictStore();
      const bytes = sampleBytes(size);
      const session = await store.startUpload(sha256);
      await session.append(sourceOf(bytes), 0, { closing: true });
      expect([session.offset, server.counts()]).toEqual([0, {}]);
      const { locator } = await session.commit(digestOf(bytes));
      expect(server.counts()).toEqual({ PutObject: 2 });
      expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
      expect(leftovers()).toEqual([]);
    },
  );

  it.each([10, 70])(
    "of a close on another process are the same for %i MiB as for any size, and move no byte of it",
    async (mebibytes) => {
      const { store, server, open } = await strictStore();
      const bytes = sampleBytes(mebibytes * mebibyte);
      const session = await store.startUpload(sha256);
      await session.append(sourceOf(bytes), 0);
      const elsewhere = await open();
      server.forgetRequests();
      const resumed = await elsewhere.resumeUpload(session.state);
      const { locator } = await resumed!.commit(digestOf(bytes));
      expect(server.counts()).toEqual({ CompleteMultipartUpload: 1, PutObject: 1 });
      expect(server.requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBeLessThan(2000);
      expect((await contentOf(elsewhere, locator))?.equals(bytes)).toBe(true);
    },
  );

  it("keep a short tail twice, so that a close reads nothing and more bytes find it", async () => {
    const { store, server, open, leftovers } = await strictStore();
    const bytes = sampleBytes(mebibyte);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes), 0);
    expect(server.counts()).toEqual({ CreateMultipartUpload: 1, UploadPart: 1, PutObject: 1 });
    server.forgetRequests();
    await (await (await open()).resumeUpload(session.state))!.commit(digestOf(bytes));
    expect(server.requests.map(({ operation, key }) => `${operation} ${key.split("/")[0]}`)).toEqual(
      expect.arrayContaining(["CompleteMultipartUpload blobs", "PutObject index", "DeleteObjects "]),
    );
    expect(leftovers()).toEqual([]);
  });

  it("delete objects with their index by the thousand", async () => {
    const { store, server } = await strictStore();
    const objects = await Promise.all(
      Array.from({ length: 30 }, (_, seed) => put(store, sampleBytes(10, seed + 1))),
    );
    server.forgetRequests();
    await store.delete(objects.map(({ locator }) => locator));
    expect(server.counts()).toEqual({ DeleteObjects: 1 });
    expect(server.objects()).toEqual([]);
  });

  it("delete one by one where the endpoint knows no batches, which is asked once", async () => {
    const { store, server } = await strictStore({}, { batchDelete: false });
    server.forgetRequests();
    for (const seed of [1, 2]) await store.delete([(await put(store, sampleBytes(10, seed))).locator]);
    expect(server.counts()).toMatchObject({ DeleteObjects: 1, DeleteObject: 4 });
    expect(server.objects()).toEqual([]);
  });

  it("list page after page", async () => {
    const { store } = await strictStore({}, { maxListKeys: 3 });
    for (let seed = 1; seed <= 8; seed += 1) await put(store, sampleBytes(seed, seed));
    const sizes: number[] = [];
    for await (const { size } of store.list(new AbortController().signal)) sizes.push(size);
    expect(sizes.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
