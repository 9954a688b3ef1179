// Downloads that break, lie, or find no room: whoever reads gets the right bytes or an error, never a short clean end,
// and nothing stays.
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OpenBlob } from "../../../../src/registry/registry.ts";
import { RemoteError } from "../../../../src/remote/remote-error.ts";
import { StorageError } from "../../../../storage/storage-error.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { listed, sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { ObservedBlobStore, type Disk } from "../../../support/observed-blob-store.ts";
import { eventually } from "./eventually.ts";
import { expectBytes } from "./expect-bytes.ts";
import { bytesOf, digestOf, keptBytes, mirrorPlace, repository } from "./mirror-place.ts";
import { byHand, cut, ScriptedUpstream, sent } from "./scripted-upstream.ts";

const bytes = sampleBytes(400_000);
const digest = digestOf(bytes);

function bent(at: number): Buffer {
  const wrong = Buffer.from(bytes);
  wrong[at] = (wrong[at] ?? 0) ^ 1;
  return wrong;
}

/** What became of a reader: the bytes of a clean end, or the error. */
async function read(opened: Promise<OpenBlob>): Promise<Buffer | Error> {
  try {
    return await bytesOf((await opened).body);
  } catch (error) {
    return error as Error;
  }
}

describe("a transfer that breaks off", () => {
  it("goes on where it stood, however often, as long as each attempt brings something", async () => {
    const place = await mirrorPlace();
    const process = await place.start();
    const upstream = new ScriptedUpstream(({ start }) =>
      start > 350_000 ? sent(bytes, { start }) : cut(bytes, start + 40_000, { start }),
    );
    expectBytes(await read(process.open(digest, upstream)), bytes);
    expect(upstream.fetches.map(({ start }) => start)).toEqual(
      Array.from({ length: 10 }, (_, index) => index * 40_000),
    );
    expectBytes(await keptBytes(process, digest), bytes);
  });

  it("begins anew at sources that know no ranges, and skips what is there", async () => {
    const process = await (await mirrorPlace()).start();
    const upstream = new ScriptedUpstream(({ attempt }) =>
      attempt < 3 ? cut(bytes, attempt * 99_999) : sent(bytes),
    );
    expectBytes(await read(process.open(digest, upstream)), bytes);
    expect(upstream.fetches.map(({ start }) => start)).toEqual([0, 99_999, 199_998]);
  });

  it("is whole when it breaks after the last byte", async () => {
    const process = await (await mirrorPlace()).start();
    const upstream = new ScriptedUpstream(() => cut(bytes, bytes.length));
    expectBytes(await read(process.open(digest, upstream)), bytes);
    expect(upstream.fetches).toHaveLength(1);
  });

  it.each(["dns", "timeout", "connection", "failing", "tls"] as const)(
    "survives sources that fail by %s for a few attempts, and no more",
    async (failure) => {
      const place = await mirrorPlace();
      const process = await place.start();
      const upstream = new ScriptedUpstream(({ attempt, start }) => {
        if (attempt === 1) return cut(bytes, 200_000);
        if (attempt === 4) return sent(bytes, { start });
        throw new RemoteError(failure, "not now");
      });
      expectBytes(await read(process.open(digest, upstream)), bytes);
      const other = sampleBytes(400_000, 2);
      const dying = new ScriptedUpstream(({ attempt }) => {
        if (attempt === 1) return cut(other, 200_000);
        throw new RemoteError(failure, "not now");
      });
      expect(await read(process.open(digestOf(other), dying))).toMatchObject({ failure });
      expect(dying.fetches).toHaveLength(4);
      await eventually(() => place.leftovers()).toEqual([]);
    },
  );

  it("does not go on with a blob of another size, or elsewhere", async () => {
    const process = await (await mirrorPlace()).start();
    const upstream = new ScriptedUpstream(({ attempt, start }) => {
      if (attempt === 1) return cut(bytes, 200_000);
      if (attempt === 2) return sent(bytes, { start, size: bytes.length + 1 });
      if (attempt === 3) return sent(bytes, { start: start + 1 });
      return sent(bytes, { start });
    });
    expectBytes(await read(process.open(digest, upstream)), bytes);
    expect(upstream.fetches).toHaveLength(4);
  });
});

describe("an upstream that lies", () => {
  it.each([
    ["in a byte at the beginning", () => sent(bent(0))],
    ["in the last byte", () => sent(bent(bytes.length - 1))],
    ["in a length that is too short", () => sent(bytes, { size: bytes.length - 1 })],
    ["in a length that is too long", () => sent(bytes, { size: bytes.length + 1 })],
    [
      "in a length that is longer by more than is held back",
      () => sent(bytes, { size: bytes.length + 100_000 }),
    ],
    ["by sending nothing", () => sent(Buffer.alloc(0), { size: bytes.length })],
  ])("%s is found out before the end, and said so", async (_how, answer) => {
    const place = await mirrorPlace();
    const process = await place.start();
    const upstream = new ScriptedUpstream(answer);
    let doubts = 0;
    const opened = process.open(digest, upstream, { onCorrupt: () => (doubts += 1) });
    expect(await read(opened)).toMatchObject({ failure: "corrupt" });
    await eventually(() => place.leftovers()).toEqual([]);
    expect(doubts).toBe(upstream.fetches.length);
    expect(await process.local.stat(repository, digest)).toBeUndefined();
    expect(await listed(place.blobStore)).toEqual([]);
    expect(process.problems).toEqual([]);
  });

  it("about a small blob is asked once more, before anybody has a byte of it", async () => {
    const process = await (await mirrorPlace()).start();
    const small = bytes.subarray(0, 60_000);
    const upstream = new ScriptedUpstream(({ attempt }) =>
      sent(attempt === 1 ? bent(5).subarray(0, 60_000) : small),
    );
    expectBytes(await read(process.open(digestOf(small), upstream)), small);
    expect(upstream.fetches).toHaveLength(2);
  });

  it("about a small blob twice is told to all, before a status is sent", async () => {
    const process = await (await mirrorPlace()).start();
    const upstream = new ScriptedUpstream(() => sent(bent(5).subarray(0, 60_000)));
    const opened = [1, 2].map(() => process.open(digestOf(bytes.subarray(0, 60_000)), upstream));
    for (const one of opened) await expect(one).rejects.toMatchObject({ failure: "corrupt" });
    expect(upstream.fetches).toHaveLength(2);
  });
});

describe("our own storage", () => {
  async function withDisk(disk: Disk) {
    const store = new ObservedBlobStore(await openBlobStore({ kind: "memory" }), disk);
    const place = await mirrorPlace(store);
    return { place, store, process: await place.start() };
  }

  it("that is full breaks those who read; the next ones are served past it for a while", async () => {
    const disk: Disk = { roomBytes: 150_000 };
    const { place, process } = await withDisk(disk);
    const transfer = byHand(bytes.length);
    const upstream = new ScriptedUpstream(() => transfer);
    const opened = process.open(digest, upstream);
    transfer.send(bytes.subarray(0, 300_000));
    expect(await read(opened)).toMatchObject({ code: "full" });
    await eventually(() => place.leftovers()).toEqual([]);
    upstream.answer = () => sent(bytes);
    expectBytes(await read(process.open(digest, upstream)), bytes);
    expect(await process.local.stat(repository, digest)).toBeUndefined();
    expect(process.problems).toHaveLength(1);
  });

  it("that fails before anybody has a byte is no reason to refuse a client", async () => {
    const { place, process } = await withDisk({ commitFailure: new Error("the disk is on fire") });
    const small = bytes.subarray(0, 1000);
    const upstream = new ScriptedUpstream(() => sent(small));
    expectBytes(await read(process.open(digestOf(small), upstream)), small);
    await process.downloads.idle();
    expect(process.problems[0]).toContain("on fire");
    await eventually(() => place.leftovers()).toEqual([]);
  });

  it("that loses the row leaves the readers what is right, and keeps no bytes that no row knows", async () => {
    const place = await mirrorPlace();
    const { metadata } = await place.start();
    const { fills } = metadata.mirror;
    const content = { commitBlob: () => Promise.reject(new StorageError("full", "no room for a row")) };
    const process = await place.start({ mirror: { fills, content } });
    const upstream = new ScriptedUpstream(() => sent(bytes));
    expectBytes(await read(process.open(digest, upstream)), bytes);
    await process.downloads.idle();
    expect(await place.leftovers()).toEqual([]);
    expect(await listed(place.blobStore)).toEqual([]);
    expect(process.problems).toEqual([expect.stringContaining("no room for a row")]);
  });

  it("without a spool directory does not stand in the way", async () => {
    const place = await mirrorPlace();
    const process = await place.start({ spoolDirectory: "/proc/nothing/can/be/made/here" });
    expectBytes(await read(process.open(digest, new ScriptedUpstream(() => sent(bytes)))), bytes);
    expect(process.problems).toHaveLength(1);
  });
});

describe("a blob whose length the upstream does not say, and that has no end", () => {
  it("ends where there is no more room, keeps nothing, and is no failure of our storage", async () => {
    const place = await mirrorPlace();
    const asked: (number | undefined)[] = [];
    const admit = async (size: number | undefined) => {
      asked.push(size);
      return (size ?? 0) > 20_000_000 ? "pass" : "keep";
    };
    const process = await place.start({ admit });
    const chunk = Buffer.alloc(1024 * 1024);
    const body = new Readable({ read: () => void body.push(chunk) });
    const upstream = new ScriptedUpstream(() => ({ size: undefined, start: 0, body }));
    await expect(process.open(digest, upstream)).rejects.toMatchObject({ failure: "failing" });
    expect(asked).toEqual([undefined, 16 * 1024 * 1024, 32 * 1024 * 1024]);
    expect(upstream.fetches).toHaveLength(1);
    expect(body.destroyed).toBe(true);
    expect(process.problems).toEqual([]);
    await eventually(() => place.leftovers()).toEqual([]);
    expectBytes(await read(process.open(digest, new ScriptedUpstream(() => sent(bytes)))), bytes);
    await eventually(() => process.local.stat(repository, digest)).toEqual({ size: bytes.length });
  });
});

describe("whatever happens to a download", () => {
  it("each reader gets all of the right bytes, or an error", async () => {
    const place = await mirrorPlace();
    const process = await place.start();
    let seed = 100;
    const scripts = fc.record({
      length: fc.integer({ min: 1, max: 200_000 }),
      chunkBytes: fc.integer({ min: 1000, max: 100_000 }),
      attempts: fc.array(
        fc.record({
          upTo: fc.integer({ min: 0, max: 220_000 }),
          isWrong: fc.boolean(),
          ranges: fc.boolean(),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      readers: fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 4 }),
      measured: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(scripts, async ({ length, chunkBytes, attempts, readers, measured }) => {
        const blob = sampleBytes(length, (seed += 1));
        const upstream = new ScriptedUpstream(({ attempt, start: asked }) => {
          const how = attempts[attempt - 1];
          if (!how) throw new RemoteError("failing", "503");
          const content = how.isWrong ? Buffer.from(blob).fill(7, length >> 1) : blob;
          const start = how.ranges ? asked : 0;
          const answer =
            how.upTo >= length
              ? sent(content, { start, chunkBytes })
              : cut(content, how.upTo, { start, chunkBytes });
          return measured ? answer : { ...answer, size: undefined };
        });
        const outcomes = await Promise.all(
          readers.map((start) =>
            read(
              process.open(digestOf(blob), upstream, {
                chooseRange: (size) =>
                  start < size && size === length ? { start, end: size - 1 } : undefined,
              }),
            ),
          ),
        );
        for (const [index, outcome] of outcomes.entries()) {
          if (outcome instanceof Error) continue;
          const start = readers[index] ?? 0;
          expect(outcome.equals(start < length ? blob.subarray(start) : blob)).toBe(true);
        }
        await eventually(() => place.leftovers()).toEqual([]);
        const kept = await keptBytes(process, digestOf(blob));
        if (kept) expect(kept.equals(blob)).toBe(true);
        else expect(outcomes.every((outcome) => outcome instanceof Error)).toBe(true);
      }),
      { numRuns: 40 },
    );
    expect(process.problems).toEqual([]);
  }, 120_000);
});
