// The suite of BlobStore: each sentence on the interface, run over every backend.
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Locator } from "../../storage/blobs/stored-object.ts";
import { digestOf } from "../../storage/digest.ts";
import {
  contentOf,
  listed,
  never,
  put,
  sampleBytes,
  sourceOf,
  writtenBy,
  type Backend,
  type BlobStoreUnderTest,
} from "./blob-store-under-test.ts";

const sizes = [0, 1, 65_536, 65_537, 3_000_000];

export function describeBlobStore(name: string, backend: Backend): void {
  describe(`${name} as a BlobStore`, () => {
    let under: BlobStoreUnderTest;
    beforeEach(async () => (under = await backend.open()));
    afterEach(async () => {
      expect(await under.leftovers()).toEqual([]);
      await under.remove();
    });

    const absentLocator = async (): Promise<Locator> => {
      const { locator } = await put(under.store, Buffer.from("soon absent"));
      await under.store.delete([locator]);
      return locator;
    };

    it("says truthfully whether it is persistent", () => {
      expect(under.store.persistent).toBe(backend.persistent);
    });

    it.each(sizes)("gives back %i bytes as they were committed, by writeTo and by stream", async (size) => {
      const bytes = sampleBytes(size);
      const { locator, size: committed } = await put(under.store, bytes);
      expect(committed).toBe(size);
      expect(await under.store.stat(locator)).toEqual({ size });
      const body = await under.store.read(locator);
      expect(body!.size).toBe(size);
      expect((await writtenBy(body!)).equals(bytes)).toBe(true);
      const streamed = await buffer((await under.store.read(locator))!.stream());
      expect(streamed.equals(bytes)).toBe(true);
    });

    it.each([
      { start: 0, end: 0 },
      { start: 10, end: 2_999_999 },
      { start: 2_999_999, end: 2_999_999 },
      { start: 500_000, end: 2_600_000 },
      { start: 0, end: 2_999_999 },
    ])("reads bytes $start to $end, both inclusive, and tells the size of the whole", async (range) => {
      const bytes = sampleBytes(3_000_000);
      const { locator } = await put(under.store, bytes);
      const expected = bytes.subarray(range.start, range.end + 1);
      const body = await under.store.read(locator, range);
      expect(body!.size).toBe(bytes.length);
      expect((await writtenBy(body!)).equals(expected)).toBe(true);
      const streamed = await buffer((await under.store.read(locator, range))!.stream());
      expect(streamed.equals(expected)).toBe(true);
    });

    it.each([
      { start: 0, end: 5 },
      { start: 5, end: 5 },
      { start: 3, end: 2 },
      { start: -1, end: 2 },
      { start: 0.5, end: 2 },
    ])("refuses the range $start to $end of five bytes", async (range) => {
      const { locator } = await put(under.store, Buffer.from("12345"));
      await expect(under.store.read(locator, range)).rejects.toThrow(RangeError);
    });

    it("knows nothing of an absent object", async () => {
      const locator = await absentLocator();
      expect(await under.store.stat(locator)).toBeUndefined();
      expect(await under.store.read(locator)).toBeUndefined();
    });

    it("deletes, and succeeds at deleting what is absent", async () => {
      const absent = await absentLocator();
      const kept = await put(under.store, Buffer.from("kept"));
      const removed = await put(under.store, Buffer.from("removed"));
      await under.store.delete([absent, removed.locator, absent]);
      await under.store.delete([]);
      expect(await contentOf(under.store, removed.locator)).toBeUndefined();
      expect((await contentOf(under.store, kept.locator))?.toString()).toBe("kept");
    });

    it("gives each of fifty parallel commits of one digest a locator of its own", async () => {
      const bytes = sampleBytes(10_000);
      const objects = await Promise.all(Array.from({ length: 50 }, () => put(under.store, bytes)));
      expect(new Set(objects.map(({ locator }) => locator)).size).toBe(50);
      await under.store.delete(objects.slice(1).map(({ locator }) => locator));
      expect((await contentOf(under.store, objects[0]!.locator))?.equals(bytes)).toBe(true);
      expect(await listed(under.store)).toHaveLength(1);
    });

    it("shows nothing of an upload before its commit", async () => {
      const session = await under.store.startUpload({ algorithms: ["sha256"] });
      await session.append(sourceOf(sampleBytes(100_000)), 0);
      expect(await listed(under.store)).toEqual([]);
      await session.abort();
    });

    it("lists every object once, with its size and time, and each can be read", async () => {
      const before = Date.now() - 2000;
      const objects = await Promise.all(
        [1, 2, 3].map((seed) => put(under.store, sampleBytes(seed * 1000, seed))),
      );
      const found = await listed(under.store);
      expect(found.map(({ locator, size }) => ({ locator, size })).sort(byLocator)).toEqual(
        objects.sort(byLocator),
      );
      for (const { locator, size, modifiedAt } of found) {
        expect(modifiedAt.getTime()).toBeGreaterThan(before);
        expect(await contentOf(under.store, locator)).toHaveLength(size);
      }
    });

    it.each([0, 100_000])(
      "keeps a damaged object of %i bytes apart, where nothing finds it",
      async (size) => {
        const { store } = under;
        const bytes = sampleBytes(size);
        const [bad, good] = [await put(store, bytes), await put(store, bytes)];
        const what = { digest: digestOf(bytes), at: new Date("2026-11-21T18:20:00.500Z") };
        const place = await store.quarantine(bad.locator, what);
        expect(place).toContain(`sha256-${what.digest.slice(7)}.20261121T182000Z.`);
        expect(await store.stat(bad.locator)).toBeUndefined();
        expect(await store.read(bad.locator)).toBeUndefined();
        expect((await listed(store)).map(({ locator }) => locator)).toEqual([good.locator]);
        expect(await store.quarantine(bad.locator, what)).toBeUndefined();
        await store.delete([bad.locator]);
        expect(await store.removeStaleUploads(new Date(Date.now() + 3_600_000), never)).toBe(0);
        const kept = [];
        for await (const one of store.listQuarantine(never)) kept.push(one);
        expect(kept).toEqual([{ place, size }]);
        expect((await contentOf(store, good.locator))?.equals(bytes)).toBe(true);
      },
    );

    it("stops listing when it is told to", async () => {
      await put(under.store, Buffer.from("one"));
      await expect(listed(under.store, AbortSignal.abort())).rejects.toThrow();
    });

    it("holds nothing of a body that is closed unread, or twice", async () => {
      const { locator } = await put(under.store, sampleBytes(1_000_000));
      const body = await under.store.read(locator);
      await body!.close();
      await body!.close();
    });

    it("holds nothing of a stream that is destroyed unread, or after its first bytes", async () => {
      const { locator } = await put(under.store, sampleBytes(1_000_000));
      const unread = (await under.store.read(locator))!.stream();
      unread.destroy();
      const begun = (await under.store.read(locator))!.stream();
      await once(begun, "readable");
      begun.destroy();
      await expect.poll(() => [unread.closed, begun.closed]).toEqual([true, true]);
    });

    it("fails when the destination closes before the last byte", async () => {
      const { locator } = await put(under.store, sampleBytes(3_000_000));
      const body = await under.store.read(locator);
      const destination = new Writable({ write: () => void destination.destroy() });
      await expect(body!.writeTo(destination, never)).rejects.toThrow();
    });

    it("fails when the destination was closed before", async () => {
      const { locator } = await put(under.store, sampleBytes(100));
      const body = await under.store.read(locator);
      await expect(body!.writeTo(new PassThrough().destroy(), never)).rejects.toThrow();
    });

    it("fails with the destination's own error", async () => {
      const { locator } = await put(under.store, sampleBytes(3_000_000));
      const body = await under.store.read(locator);
      const destination = new Writable({
        write: (_chunk, _encoding, done) => done(new Error("no more paper")),
      });
      await expect(body!.writeTo(destination, never)).rejects.toThrow("no more paper");
    });

    it("ends a transfer that stands still when the signal says so, and leaves the destination alone", async () => {
      const { locator } = await put(under.store, sampleBytes(3_000_000));
      const body = await under.store.read(locator);
      const controller = new AbortController();
      const destination = new Writable({ write: () => controller.abort() });
      await expect(body!.writeTo(destination, controller.signal)).rejects.toThrow("aborted");
      expect(destination.destroyed).toBe(false);
    });

    it("hands over all bytes and does not end the destination", async () => {
      const bytes = sampleBytes(3_000_000);
      const { locator } = await put(under.store, bytes);
      const copies: Buffer[] = [];
      const destination = new Writable({
        write(chunk: Buffer, _encoding, done) {
          copies.push(Buffer.from(chunk));
          setImmediate(done);
        },
      });
      await (await under.store.read(locator))!.writeTo(destination, never);
      expect(Buffer.concat(copies).equals(bytes)).toBe(true);
      expect(destination.writableEnded).toBe(false);
    });

    it("lets readers of an object finish while it is deleted", async () => {
      const bytes = sampleBytes(3_000_000);
      const { locator } = await put(under.store, bytes);
      const bodies = await Promise.all(Array.from({ length: 5 }, () => under.store.read(locator)));
      const [contents] = await Promise.all([
        Promise.all(bodies.map((body) => writtenBy(body!))),
        under.store.delete([locator]),
      ]);
      for (const content of contents) expect(content.equals(bytes)).toBe(true);
      expect(await under.store.read(locator)).toBeUndefined();
    });

    it("answers a ping", async () => {
      await under.store.ping();
    });

    it("removes uploads that nobody wrote to, known or not, and no object", async () => {
      const { locator } = await put(under.store, Buffer.from("committed"));
      const session = await under.store.startUpload({ algorithms: ["sha256"] });
      await session.append(sourceOf(Buffer.from("abandoned")), 0);
      const past = new Date(Date.now() - 3_600_000);
      expect(await under.store.removeStaleUploads(past, never)).toBe(0);
      expect(await under.store.resumeUpload(session.state)).toBeDefined();
      const future = new Date(Date.now() + 3_600_000);
      expect(await under.store.removeStaleUploads(future, never)).toBe(1);
      expect(await under.store.resumeUpload(session.state)).toBeUndefined();
      expect((await contentOf(under.store, locator))?.toString()).toBe("committed");
    });

    it.runIf(backend.persistent)("keeps objects across a restart", async () => {
      const bytes = sampleBytes(200_000);
      const { locator } = await put(under.store, bytes);
      const reopened = await under.reopen();
      expect((await contentOf(reopened, locator))?.equals(bytes)).toBe(true);
      expect(await listed(reopened)).toMatchObject([{ locator, size: bytes.length }]);
    });
  });
}

function byLocator(a: { readonly locator: string }, b: { readonly locator: string }): number {
  return a.locator < b.locator ? -1 : 1;
}
