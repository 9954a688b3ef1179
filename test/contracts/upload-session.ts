// The suite of UploadSession: each sentence on the interface, run over every backend.
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UploadSession } from "../../storage/blobs/upload-session.ts";
import { digestOf } from "../../storage/digest.ts";
import {
  brokenSource,
  contentOf,
  listed,
  sampleBytes,
  sourceOf,
  writtenBy,
  type Backend,
  type BlobStoreUnderTest,
} from "./blob-store-under-test.ts";
import { copiedUploads } from "./copied-uploads.ts";
import { promisedLengths } from "./promised-lengths.ts";
import { checkUploadJourneys } from "./upload-journeys.ts";
import { wholeUploads } from "./whole-uploads.ts";

export function describeUploadSession(name: string, backend: Backend): void {
  describe(`${name}, its UploadSession`, () => {
    let under: BlobStoreUnderTest;
    let session: UploadSession;
    const start = (): Promise<UploadSession> => under.store.startUpload({ algorithms: ["sha256"] });
    beforeEach(async () => {
      under = await backend.open();
      session = await start();
    });
    afterEach(async () => {
      await session.abort();
      expect(await under.leftovers()).toEqual([]);
      await under.remove();
    });

    const bytes = sampleBytes(2_500_000);
    const contentSoFar = async (of = session): Promise<Buffer> => writtenBy(await of.read());

    it("starts empty, with the digest of nothing", async () => {
      expect(session.offset).toBe(0);
      expect(session.digests.sha256).toBe(digestOf(Buffer.alloc(0)));
      expect(await contentSoFar()).toHaveLength(0);
    });

    it("always computes sha256, and the other algorithms it was asked for", async () => {
      const both = await under.store.startUpload({ algorithms: ["sha512"] });
      await both.append(sourceOf(bytes), 0);
      expect(both.digests).toEqual({ sha256: digestOf(bytes), sha512: digestOf(bytes, "sha512") });
      const { locator } = await both.commit(digestOf(bytes, "sha512"));
      expect((await contentOf(under.store, locator))?.equals(bytes)).toBe(true);
    });

    it.each([1, 7, 1_300_001])(
      "grows by appends, here cut after %i bytes, with true digests",
      async (cut) => {
        await session.append(sourceOf(bytes.subarray(0, cut), 3000), 0);
        expect(session.offset).toBe(cut);
        expect(session.digests.sha256).toBe(digestOf(bytes.subarray(0, cut)));
        await session.append(sourceOf(bytes.subarray(cut)), cut);
        expect(session.offset).toBe(bytes.length);
        expect(session.digests.sha256).toBe(digestOf(bytes));
        expect((await contentSoFar()).equals(bytes)).toBe(true);
      },
    );

    it("takes sources of any kind: objects, strings, nothing at all", async () => {
      await session.append(Readable.from([Buffer.from("a"), "b", new Uint8Array([99])]), 0);
      await session.append(Readable.from([]), 3);
      expect((await contentSoFar()).toString()).toBe("abc");
    });

    it("keeps its own copy of what a source delivered", async () => {
      const recycled = Buffer.from("aaa");
      await session.append(Readable.from([recycled]), 0);
      recycled.fill("b");
      expect((await contentSoFar()).toString()).toBe("aaa");
    });

    it.each([0, 5, 11, 4096])(
      "changes nothing when bytes are offered for position %i instead of 10",
      async (at) => {
        await session.append(sourceOf(bytes.subarray(0, 10)), 0);
        const { state } = session;
        const source = sourceOf(Buffer.from("elsewhere"));
        await expect(session.append(source, at)).rejects.toMatchObject({ code: "offset" });
        expect(session.state).toBe(state);
        expect(source.readableDidRead).toBe(false);
        expect(source.destroyed).toBe(false);
        await session.append(sourceOf(bytes.subarray(10)), 10);
        expect((await contentSoFar()).equals(bytes)).toBe(true);
      },
    );

    it.each([undefined, new Error("connection reset")])(
      "keeps what arrived before the source broke off (%s)",
      async (error) => {
        const arrived = bytes.subarray(0, 1_200_000);
        const append = session.append(brokenSource(arrived, error), 0);
        await expect(append).rejects.toMatchObject({ code: "interrupted", ...(error && { cause: error }) });
        expect(session.offset).toBe(arrived.length);
        expect((await contentSoFar()).equals(arrived)).toBe(true);
        await session.append(sourceOf(bytes.subarray(session.offset)), session.offset);
        const { locator } = await session.commit(digestOf(bytes));
        expect((await contentOf(under.store, locator))?.equals(bytes)).toBe(true);
      },
    );

    it("counts nothing of a source that was dead before", async () => {
      const append = session.append(new PassThrough().destroy(), 0);
      await expect(append).rejects.toMatchObject({ code: "interrupted" });
      expect(session.offset).toBe(0);
    });

    it("keeps what arrived when the signal ends a source that stands still, and leaves the source alone", async () => {
      const source = new PassThrough();
      source.write(bytes.subarray(0, 10_000));
      const controller = new AbortController();
      const checkpoint = async (): Promise<void> => {
        if (session.offset === 10_000) controller.abort();
      };
      const append = session.append(source, 0, {
        signal: controller.signal,
        checkpoint,
        checkpointMilliseconds: 5,
      });
      await expect(append).rejects.toMatchObject({ code: "interrupted" });
      expect(session.offset).toBe(10_000);
      expect(source.destroyed).toBe(false);
      expect((await contentSoFar()).equals(bytes.subarray(0, 10_000))).toBe(true);
    });

    it("appends nothing when the signal is aborted already", async () => {
      const append = session.append(sourceOf(bytes), 0, { signal: AbortSignal.abort() });
      await expect(append).rejects.toMatchObject({ code: "interrupted" });
      expect(session.offset).toBe(0);
    });

    it("calls checkpoint while the source is silent, with all that arrived counted and true", async () => {
      const source = new PassThrough();
      const seen: number[] = [];
      let sent = 0;
      const checkpoint = async (): Promise<void> => {
        const { offset } = session;
        seen.push(offset);
        expect(session.digests.sha256).toBe(digestOf(bytes.subarray(0, offset)));
        const twin = await under.store.resumeUpload(session.state);
        expect(twin?.offset).toBe(offset);
        expect((await contentSoFar(twin)).equals(bytes.subarray(0, offset))).toBe(true);
        if (offset < sent) return;
        if (sent < 30_000) source.write(bytes.subarray(sent, (sent += 10_000)));
        else source.end();
      };
      await session.append(source, 0, { checkpoint, checkpointMilliseconds: 5 });
      expect([...new Set(seen)]).toEqual([0, 10_000, 20_000, 30_000]);
      expect(session.offset).toBe(30_000);
    });

    it("ends with the checkpoint's own error when that fails, and writes nothing after it", async () => {
      const source = new PassThrough();
      source.write(bytes.subarray(0, 10_000));
      const lost = new Error("the lease is lost");
      const checkpoint = async (): Promise<void> => {
        if (session.offset < 10_000) return;
        source.write(bytes.subarray(10_000, 20_000));
        throw lost;
      };
      const append = session.append(source, 0, { checkpoint, checkpointMilliseconds: 5 });
      await expect(append).rejects.toBe(lost);
      expect(session.offset).toBe(10_000);
    });

    it("refuses a second append and a commit while one is under way, and loses nothing by it", async () => {
      const source = new PassThrough();
      const append = session.append(source, 0);
      const twin = await under.store.resumeUpload(session.state);
      await expect(twin!.append(sourceOf(bytes), 0)).rejects.toMatchObject({ code: "busy" });
      await expect(twin!.commit(digestOf(Buffer.alloc(0)))).rejects.toMatchObject({ code: "busy" });
      source.end(bytes);
      await append;
      expect((await contentSoFar()).equals(bytes)).toBe(true);
    });

    it("lets followers read below the offset while it grows, and nothing beyond", async () => {
      await session.append(sourceOf(bytes.subarray(0, 1_000_000)), 0);
      const early = await session.read({ start: 999_000, end: 999_999 });
      await session.append(sourceOf(bytes.subarray(1_000_000)), 1_000_000);
      expect(early.size).toBe(1_000_000);
      expect((await writtenBy(early)).equals(bytes.subarray(999_000, 1_000_000))).toBe(true);
      await expect(session.read({ start: 0, end: bytes.length })).rejects.toThrow(RangeError);
    });

    it("has a small state that any session can go on from", async () => {
      await session.append(sourceOf(bytes.subarray(0, 10)), 0);
      expect(session.state.length).toBeLessThan(64 * 1024);
      const resumed = await under.store.resumeUpload(session.state);
      expect(resumed).toMatchObject({ offset: 10, digests: session.digests });
      await resumed!.append(sourceOf(bytes.subarray(10)), 10);
      const { locator } = await resumed!.commit(digestOf(bytes));
      expect((await contentOf(under.store, locator))?.equals(bytes)).toBe(true);
    });

    it.each(["", "{}", "null", "[]", '{"id":"../../etc/passwd","offset":0,"digests":{}}', "\u0000"])(
      "finds no session in the state %j",
      async (state) => {
        expect(await under.store.resumeUpload(state)).toBeUndefined();
      },
    );

    it.each([0, 1, 2_500_000])("publishes %i bytes under a new locator, and is over", async (length) => {
      const content = bytes.subarray(0, length);
      await session.append(sourceOf(content), 0);
      const { state } = session;
      const { locator, size } = await session.commit(digestOf(content));
      expect(size).toBe(length);
      expect((await contentOf(under.store, locator))?.equals(content)).toBe(true);
      expect(await under.store.resumeUpload(state)).toBeUndefined();
      await expect(session.commit(digestOf(content))).rejects.toMatchObject({ code: "gone" });
      await session.abort();
      expect(await under.store.stat(locator)).toEqual({ size: length });
    });

    it("publishes by an algorithm that was not announced", async () => {
      await session.append(sourceOf(bytes), 0);
      const { locator } = await session.commit(digestOf(bytes, "sha512"));
      expect((await contentOf(under.store, locator))?.equals(bytes)).toBe(true);
    });

    it.each(["sha256", "sha512"] as const)(
      "keeps nothing of a commit with a wrong %s digest",
      async (algorithm) => {
        await session.append(sourceOf(bytes), 0);
        const { state } = session;
        const wrong = digestOf(Buffer.from("something else"), algorithm);
        await expect(session.commit(wrong)).rejects.toMatchObject({ code: "digest" });
        expect(await listed(under.store)).toEqual([]);
        expect(await under.store.resumeUpload(state)).toBeUndefined();
      },
    );

    it("aborts as often as it is told to, and is then over", async () => {
      await session.append(sourceOf(bytes), 0);
      const { state, offset } = session;
      await Promise.all([session.abort(), session.abort()]);
      await session.abort();
      expect(await under.store.resumeUpload(state)).toBeUndefined();
      await expect(session.append(sourceOf(bytes), offset)).rejects.toMatchObject({ code: "gone" });
      await expect(session.commit(digestOf(bytes))).rejects.toMatchObject({ code: "gone" });
      await expect(session.read()).rejects.toMatchObject({ code: "gone" });
    });

    it("ends an append that goes on when it is aborted", async () => {
      const source = new PassThrough();
      source.write(bytes.subarray(0, 1000));
      const append = session.append(source, 0);
      const twin = await under.store.resumeUpload(session.state);
      await Promise.all([expect(append).rejects.toMatchObject({ code: "interrupted" }), twin!.abort()]);
      expect(await under.store.resumeUpload(session.state)).toBeUndefined();
    });

    it.runIf(backend.persistent)(
      "goes on after a restart with exactly the bytes it had reported",
      async () => {
        await session.append(sourceOf(bytes.subarray(0, 1_000_000)), 0);
        const { state } = session;
        await session.append(sourceOf(sampleBytes(5000, 2)), 1_000_000);
        const resumed = await (await under.reopen()).resumeUpload(state);
        expect(resumed!.offset).toBe(1_000_000);
        await resumed!.append(sourceOf(bytes.subarray(1_000_000)), 1_000_000);
        const { locator } = await resumed!.commit(digestOf(bytes));
        expect((await contentOf(under.store, locator))?.equals(bytes)).toBe(true);
      },
    );

    it.runIf(backend.persistent)("drops bytes beyond the state's offset on commit, too", async () => {
      await session.append(sourceOf(bytes.subarray(0, 1000)), 0);
      const { state } = session;
      await session.append(sourceOf(bytes.subarray(1000)), 1000);
      const resumed = await (await under.reopen()).resumeUpload(state);
      const { locator, size } = await resumed!.commit(digestOf(bytes.subarray(0, 1000)));
      expect(size).toBe(1000);
      expect((await contentOf(under.store, locator))?.equals(bytes.subarray(0, 1000))).toBe(true);
    });

    describe("copied", () => copiedUploads(() => ({ under, session })));
    describe("whole", () => wholeUploads(() => under));
    describe("of a promised length", () => promisedLengths(() => ({ under, session })));

    it("comes to the same content and digest, however it is cut, chunked and interrupted", async () => {
      await checkUploadJourneys(under, backend.persistent);
    });
  });
}
