// Blocks hashed on other threads come to the same digests as on this one, and threads come and go as they are needed.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BlockHasher } from "../../../storage/hashing/block-hasher.ts";
import { HashingThreads } from "../../../storage/hashing/hashing-threads.ts";

const large = 256 * 1024;
const content = Buffer.from(new SharedArrayBuffer(3 * large));
for (let at = 0; at < content.length; at += 4) content.writeUInt32LE((at * 2_654_435_761) >>> 0, at);

interface Block {
  readonly start: number;
  readonly length: number;
  /** The part of it that is kept when it is shortened. */
  readonly kept: number | null;
}

const hex = (algorithm: string, blocks: readonly Buffer[]): string => {
  const hash = createHash(algorithm);
  for (const block of blocks) hash.update(block);
  return `${algorithm}:${hash.digest("hex")}`;
};

describe("hashing threads", () => {
  let threads: HashingThreads;
  beforeEach(() => (threads = new HashingThreads({ maxThreads: 2, idleMilliseconds: 20 })));
  afterEach(() => threads.close());

  const begun = async (): Promise<BlockHasher> => {
    const hasher = threads.begin(["sha256"]);
    await hasher.update(content.subarray(0, large));
    return hasher;
  };

  it("come to the digests of node:crypto, however many hash at once and wherever blocks are cut and shortened", async () => {
    const block = fc.record({
      start: fc.nat(large),
      length: fc.oneof(fc.nat(large - 1), fc.integer({ min: large, max: 2 * large })),
      kept: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    });
    const uploads = fc.array(fc.array(block, { maxLength: 5 }), { minLength: 1, maxLength: 6 });
    const hashed = async (blocks: readonly Block[]) => {
      const hasher = threads.begin(["sha256", "sha512"]);
      const seen: Buffer[] = [];
      for (const { start, length, kept } of blocks) {
        const bytes = content.subarray(start, start + length);
        await hasher.update(bytes);
        const shortened = kept === null ? bytes : bytes.subarray(0, Math.floor(kept * length));
        if (kept !== null) await hasher.shorten(shortened.length);
        seen.push(shortened);
        expect((await hasher.digests()).sha256).toBe(hex("sha256", seen));
      }
      expect(await hasher.digests()).toEqual({ sha256: hex("sha256", seen), sha512: hex("sha512", seen) });
      hasher.drop();
    };
    await fc.assert(
      fc.asyncProperty(uploads, async (all) => {
        await Promise.all(all.map((blocks) => hashed(blocks)));
      }),
      { numRuns: 60 },
    );
  });

  it("start with the first large block, one for each upload up to the most, and end after a while without any", async () => {
    const small = threads.begin(["sha256"]);
    await small.update(content.subarray(0, large - 1));
    expect(threads.size).toBe(0);
    const hashers = [await begun()];
    expect(threads.size).toBe(1);
    for (let more = 0; more < 3; more++) hashers.push(await begun());
    expect(threads.size).toBe(2);
    for (const hasher of hashers.slice(1)) hasher.drop();
    await expect.poll(() => threads.size).toBe(1);
    expect((await hashers[0]?.digests())?.sha256).toBe(hex("sha256", [content.subarray(0, large)]));
    hashers[0]?.drop();
    await expect.poll(() => threads.size).toBe(0);
  });

  it("keep one that is asked again before it would have ended", async () => {
    (await begun()).drop();
    const again = await begun();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await again.digests()).sha256).toBe(hex("sha256", [content.subarray(0, large)]));
    expect(again.isLost).toBe(false);
  });

  it("that die fail those who hash on them, and nobody else", async () => {
    const [doomed, neighbour] = [await begun(), await begun()];
    const onTheSame = await begun();
    // What was dropped is unknown to its thread, and an order that cannot be carried out ends it.
    doomed.drop();
    const asked = [doomed.digests(), onTheSame.update(content.subarray(0, large))];
    for (const answer of asked) await expect(answer).rejects.toThrow("a thread that hashes has ended");
    expect([doomed.isLost, onTheSame.isLost, neighbour.isLost]).toEqual([true, true, false]);
    await expect(onTheSame.digests()).rejects.toThrow("a thread that hashes has ended");
    expect((await neighbour.digests()).sha256).toBe(hex("sha256", [content.subarray(0, large)]));
    expect((await (await begun()).digests()).sha256).toBe(hex("sha256", [content.subarray(0, large)]));
  });

  it("that may not be are not missed", async () => {
    const none = new HashingThreads({ maxThreads: 0 });
    const hasher = none.begin(["sha256"]);
    await hasher.update(content);
    expect((await hasher.digests()).sha256).toBe(hex("sha256", [content]));
    expect(none.size).toBe(0);
  });
});
