// Uploads of more than one part: small plans stand in for large blobs.
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../../storage/digest.ts";
import {
  brokenSource,
  contentOf,
  listed,
  sampleBytes,
  sourceOf,
} from "../../../contracts/blob-store-under-test.ts";
import { strictStore } from "./strict-store.ts";

const mebibyte = 1024 * 1024;
const sha256 = { algorithms: ["sha256"] } as const;
const small = { partBytes: 5 * mebibyte } as const;

describe("an upload to a bucket", () => {
  it("of 50 sessions at once with four parts in flight finishes for all of them", async () => {
    const options = { partBytes: mebibyte, maxPartsInFlight: 4 };
    const { store, leftovers } = await strictStore(options, { minPartBytes: 1 });
    const push = async (seed: number): Promise<boolean> => {
      const bytes = sampleBytes(2.5 * mebibyte, seed);
      const session = await store.startUpload(sha256);
      await session.append(sourceOf(bytes), 0);
      const { locator } = await session.commit(digestOf(bytes));
      return (await store.stat(locator))?.size === bytes.length;
    };
    const done = await Promise.all(Array.from({ length: 50 }, (_, index) => push(index + 1)));
    expect(done.every(Boolean)).toBe(true);
    expect(leftovers()).toEqual([]);
  }, 120_000);

  it.each([false, true])(
    "goes on, byte by byte and part by part, on process after process (equal parts: %s)",
    async (equalParts) => {
      const { store, open, leftovers } = await strictStore({ ...small, equalParts }, { equalParts });
      const bytes = sampleBytes(17 * mebibyte + 3);
      let session = await store.startUpload(sha256);
      const cuts = [1, 2, 40_000, 3 * mebibyte, 8 * mebibyte, 8 * mebibyte + 1, 16 * mebibyte, bytes.length];
      for (const cut of cuts) {
        const at = session.offset;
        await session.append(sourceOf(bytes.subarray(at, cut)), at);
        expect(session.offset).toBe(cut);
        session = (await (await open()).resumeUpload(session.state))!;
      }
      const { locator, size } = await session.commit(digestOf(bytes));
      expect(size).toBe(bytes.length);
      expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
      expect(leftovers()).toEqual([]);
    },
  );

  it("whose hash was lost on the way is checked by reading, and goes when it is wrong", async () => {
    const { store, open, leftovers } = await strictStore(small);
    const bytes = sampleBytes(12 * mebibyte);
    const first = await store.startUpload(sha256);
    await first.append(sourceOf(bytes.subarray(0, 6 * mebibyte)), 0);
    const second = await (await open()).resumeUpload(first.state);
    await second!.append(sourceOf(bytes.subarray(6 * mebibyte)), 6 * mebibyte);
    expect(second!.digests).toEqual({});
    const wrong = second!.commit(digestOf(Buffer.from("something else")));
    await expect(wrong).rejects.toMatchObject({ code: "digest" });
    expect(await listed(store)).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  it("broken off in the middle keeps every byte that arrived", async () => {
    const { store } = await strictStore(small);
    const bytes = sampleBytes(13 * mebibyte);
    const session = await store.startUpload(sha256);
    const arrived = 12 * mebibyte - 17;
    const broken = session.append(brokenSource(bytes.subarray(0, arrived)), 0);
    await expect(broken).rejects.toMatchObject({ code: "interrupted" });
    expect(session.offset).toBe(arrived);
    await session.append(sourceOf(bytes.subarray(arrived)), arrived);
    const { locator } = await session.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it("goes back to where it was when the length was a lie, though its last part was written over", async () => {
    const { store } = await strictStore(small);
    const bytes = sampleBytes(7 * mebibyte);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes), 0);
    const lie = session.append(sourceOf(sampleBytes(9 * mebibyte, 2)), bytes.length, { promisedBytes: 1 });
    await expect(lie).rejects.toMatchObject({ code: "length" });
    expect(session.offset).toBe(bytes.length);
    const { locator } = await session.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it("commits what a row remembers, after a crash wrote over the tail's part", async () => {
    const { store, open } = await strictStore(small);
    const bytes = sampleBytes(6 * mebibyte);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes), 0);
    const { state } = session;
    await session.append(sourceOf(sampleBytes(8 * mebibyte, 3)), bytes.length);
    const survivor = await (await open()).resumeUpload(state);
    const { locator } = await survivor!.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it.each([false, true])(
    "can be copied with its parts, out of reach of a late writer (equal parts: %s)",
    async (equalParts) => {
      const { store, open, leftovers } = await strictStore({ ...small, equalParts }, { equalParts });
      const bytes = sampleBytes(18 * mebibyte);
      const late = await store.startUpload(sha256);
      await late.append(sourceOf(bytes.subarray(0, 12 * mebibyte)), 0);
      const elsewhere = await open();
      const copy = await elsewhere.copyUpload(late.state);
      expect(copy?.offset).toBe(12 * mebibyte);
      await expect(late.append(sourceOf(sampleBytes(6 * mebibyte, 9)), late.offset)).rejects.toMatchObject({
        code: "gone",
      });
      await copy!.append(sourceOf(bytes.subarray(12 * mebibyte)), 12 * mebibyte);
      await late.abort();
      const { locator } = await copy!.commit(digestOf(bytes));
      expect((await contentOf(elsewhere, locator))?.equals(bytes)).toBe(true);
      expect(await listed(elsewhere)).toHaveLength(1);
      expect(leftovers()).toEqual([]);
    },
  );

  it("tells its offset at checkpoints while parts are under way, and keeps its state small", async () => {
    const { store } = await strictStore(small);
    const bytes = sampleBytes(30 * mebibyte);
    const session = await store.startUpload(sha256);
    const seen: number[] = [];
    const checkpoint = async (): Promise<void> => {
      seen.push(session.offset);
      expect(session.state.length).toBeLessThan(64 * 1024);
      expect(session.digests.sha256).toBe(digestOf(bytes.subarray(0, session.offset)));
    };
    await session.append(sourceOf(bytes), 0, { checkpoint, checkpointMilliseconds: 5 });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(session.offset).toBe(bytes.length);
    await session.abort();
  });

  it("spills the ETags of many parts, and keeps its state small", async () => {
    const part = 4096;
    const { store, open, leftovers } = await strictStore({ partBytes: part }, { minPartBytes: 1 });
    const bytes = sampleBytes(part * 950);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes), 0);
    expect(session.state.length).toBeLessThan(64 * 1024);
    const resumed = await (await open()).resumeUpload(session.state);
    const { locator } = await resumed!.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  it("leaves nothing when it is aborted in the middle of an append, by somebody who knows an older state", async () => {
    const { store, leftovers } = await strictStore(small);
    const session = await store.startUpload(sha256);
    const { state } = session;
    const source = new PassThrough();
    const append = expect(session.append(source, 0)).rejects.toMatchObject({ code: "interrupted" });
    for await (const chunk of Readable.from(sourceOf(sampleBytes(12 * mebibyte))))
      if (!source.write(chunk)) await new Promise((resolve) => source.once("drain", resolve));
    await (await store.resumeUpload(state))!.abort();
    await append;
    expect(leftovers()).toEqual([]);
  });

  it("that a crash left is found and removed once it is old", async () => {
    const { store, open, leftovers } = await strictStore(small);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(sampleBytes(6 * mebibyte)), 0);
    const sweeper = await open();
    const { signal } = new AbortController();
    expect(await sweeper.removeStaleUploads(new Date(Date.now() - 60_000), signal)).toBe(0);
    expect(await sweeper.removeStaleUploads(new Date(Date.now() + 60_000), signal)).toBe(1);
    expect(leftovers()).toEqual([]);
    await expect(session.append(sourceOf(sampleBytes(6 * mebibyte)), session.offset)).rejects.toMatchObject({
      code: "gone",
    });
  });
});
