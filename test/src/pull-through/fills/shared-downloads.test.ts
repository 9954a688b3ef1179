// A cold blob from its first byte to the store, over every kind of store.
import { describe, expect, it } from "vitest";
import { OciError } from "../../../../src/oci/oci-error.ts";
import { RemoteError } from "../../../../src/remote/remote-error.ts";
import type { BlobStore } from "../../../../storage/blobs/blob-store.ts";
import { MemoryBlobStore } from "../../../../storage/blobs/memory-blob-store.ts";
import { sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { strictStore } from "../../../storage/blobs/s3/strict-store.ts";
import { eventually } from "./eventually.ts";
import { expectBytes } from "./expect-bytes.ts";
import { bytesOf, digestOf, keptBytes, mirrorPlace, repository } from "./mirror-place.ts";
import { byHand, ScriptedUpstream, sent, unmeasured } from "./scripted-upstream.ts";

const stores: Record<string, () => Promise<BlobStore | undefined>> = {
  directory: async () => undefined,
  memory: async () => new MemoryBlobStore(),
  bucket: async () => (await strictStore()).store,
};

describe.each(Object.keys(stores))("a cold blob over a %s store", (kind) => {
  const place = async () => mirrorPlace(await stores[kind]?.());

  it.each([0, 1, 65_536, 65_537, 3_000_000])(
    "of %i bytes is served whole, kept, and fetched once",
    async (length) => {
      const here = await place();
      const process = await here.start();
      const bytes = sampleBytes(length);
      const upstream = new ScriptedUpstream(() => sent(bytes));
      const { body, size, range, cache } = await process.open(digestOf(bytes), upstream);
      expect({ size, range, cache }).toEqual({
        size: length,
        range: undefined,
        cache: { outcome: "miss", ageSeconds: 0 },
      });
      expectBytes(await bytesOf(body), bytes);
      await process.downloads.close(AbortSignal.timeout(20_000));
      expectBytes(await keptBytes(process, digestOf(bytes)), bytes);
      expect(upstream.fetches).toHaveLength(1);
      expect(await here.leftovers()).toEqual([]);
      expect(await process.metadata.mirror.fills.takeDead(Infinity)).toEqual([]);
      expect(process.problems).toEqual([]);
    },
  );

  it("is one transfer for a hundred readers, by stream and by writeTo, from wherever they begin", async () => {
    const here = await place();
    const process = await here.start();
    const bytes = sampleBytes(1_500_000);
    const transfer = byHand(bytes.length);
    const upstream = new ScriptedUpstream(() => transfer);
    const readers = Array.from({ length: 100 }, async (_, index) => {
      const start = index * 11_000;
      const end = bytes.length - 1 - index * 3;
      const chooseRange = index % 2 === 0 ? undefined : () => ({ start, end });
      const { body } = await process.open(digestOf(bytes), upstream, { chooseRange });
      const read = index % 3 === 0 ? Buffer.concat(await body.stream().toArray()) : await bytesOf(body);
      expect(read.equals(chooseRange ? bytes.subarray(start, end + 1) : bytes)).toBe(true);
    });
    for (let start = 0; start < bytes.length; start += 100_000) {
      transfer.send(bytes.subarray(start, start + 100_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    transfer.end();
    await Promise.all(readers);
    expect(upstream.fetches).toHaveLength(1);
    await process.downloads.close(AbortSignal.timeout(20_000));
    expect(await here.leftovers()).toEqual([]);
  });
});

describe("a cold blob", () => {
  it("under sha512 is verified and kept under it", async () => {
    const process = await (await mirrorPlace()).start();
    const bytes = sampleBytes(200_000);
    const digest = digestOf(bytes, "sha512");
    const { body } = await process.open(digest, new ScriptedUpstream(() => sent(bytes)));
    expectBytes(await bytesOf(body), bytes);
    expectBytes(await keptBytes(process, digest), bytes);
  });

  it("whose length the upstream does not say opens when it is whole", async () => {
    const process = await (await mirrorPlace()).start();
    const bytes = sampleBytes(300_000);
    const { body, size } = await process.open(digestOf(bytes), new ScriptedUpstream(() => unmeasured(bytes)));
    expect(size).toBe(bytes.length);
    expectBytes(await bytesOf(body), bytes);
  });

  it("that is kept meanwhile is served from the store, without asking the upstream", async () => {
    const place = await mirrorPlace();
    const process = await place.start();
    const bytes = sampleBytes(100_000);
    const upstream = new ScriptedUpstream(() => sent(bytes));
    for (const round of [1, 2]) {
      const { body } = await process.open(digestOf(bytes), upstream);
      expect((await bytesOf(body)).equals(bytes), `round ${round}`).toBe(true);
      await eventually(() => place.leftovers()).toEqual([]);
    }
    expect(upstream.fetches).toHaveLength(1);
  });

  it("that is whole, but not kept yet, is served and measured without asking the upstream", async () => {
    const place = await mirrorPlace();
    const { fills, content } = (await place.start()).metadata.mirror;
    let goOn = (): void => undefined;
    const slowly = new Promise<void>((resolve) => (goOn = resolve));
    const commitBlob: typeof content.commitBlob = async (blob) => {
      await slowly;
      return await content.commitBlob(blob);
    };
    const process = await place.start({ mirror: { fills, content: { commitBlob } } });
    const bytes = sampleBytes(200_000);
    const upstream = new ScriptedUpstream(() => sent(bytes));
    for (const round of [1, 2]) {
      const { body } = await process.open(digestOf(bytes), upstream);
      expect((await bytesOf(body)).equals(bytes), `round ${round}`).toBe(true);
    }
    const wanted = { repository, digest: digestOf(bytes) };
    expect(process.downloads.wholeSize(wanted)).toBe(bytes.length);
    expect(await process.local.stat(repository, wanted.digest)).toBeUndefined();
    goOn();
    await process.downloads.idle();
    expect(process.downloads.wholeSize(wanted)).toBeUndefined();
    expect(await process.local.stat(repository, wanted.digest)).toEqual({ size: bytes.length });
    expect(upstream.fetches).toHaveLength(1);
  });

  it("that is whole is kept though nobody waits for it, also where abandoned downloads end", async () => {
    const process = await (await mirrorPlace()).start({ finishAbandoned: false });
    const bytes = sampleBytes(200_000);
    const { body } = await process.open(digestOf(bytes), new ScriptedUpstream(() => sent(bytes)));
    expectBytes(await bytesOf(body), bytes);
    expectBytes(await keptBytes(process, digestOf(bytes)), bytes);
  });

  it("that the upstream refuses is told so to all who asked, and asked for again by the next", async () => {
    const place = await mirrorPlace();
    const process = await place.start();
    const bytes = sampleBytes(1000);
    const refusal = new RemoteError("refused", "401");
    const upstream = new ScriptedUpstream(() => Promise.reject(refusal));
    const asked = await Promise.allSettled([1, 2, 3].map(() => process.open(digestOf(bytes), upstream)));
    expect(asked.map((outcome) => outcome.status === "rejected" && (outcome.reason as unknown))).toEqual([
      refusal,
      refusal,
      refusal,
    ]);
    expect(upstream.fetches).toHaveLength(1);
    await eventually(() => process.metadata.mirror.fills.find(repository, digestOf(bytes))).toBe(undefined);
    upstream.answer = () => sent(bytes);
    const { body } = await process.open(digestOf(bytes), upstream);
    expectBytes(await bytesOf(body), bytes);
    await process.downloads.idle();
    expect(await place.leftovers()).toEqual([]);
  });

  it("is not held up by a range that can't be satisfied, nor by a reader that never reads", async () => {
    const place = await mirrorPlace();
    const process = await place.start();
    const bytes = sampleBytes(500_000);
    const upstream = new ScriptedUpstream(() => sent(bytes));
    const impossible = process.open(digestOf(bytes), upstream, {
      chooseRange: () => {
        throw new OciError("rangeUnsatisfiable");
      },
    });
    const idle = await process.open(digestOf(bytes), upstream);
    await expect(impossible).rejects.toThrow(OciError);
    await eventually(() => process.local.stat(repository, digestOf(bytes))).toEqual({
      size: bytes.length,
    });
    await idle.body.close();
    await eventually(() => place.leftovers()).toEqual([]);
  });
});
