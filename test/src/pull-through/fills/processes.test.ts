// Two processes on one data directory, as far as they share nothing but the database, the spool and the store: one
// transfer for both, and a way on when one of them dies.
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { OpenBlob } from "../../../../src/registry/registry.ts";
import { RemoteError } from "../../../../src/remote/remote-error.ts";
import { listed, never, sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { eventually } from "./eventually.ts";
import { expectBytes } from "./expect-bytes.ts";
import { bytesOf, digestOf, keptBytes, mirrorPlace, repository, type MirrorPlace } from "./mirror-place.ts";
import { byHand, ScriptedUpstream, sent } from "./scripted-upstream.ts";

const bytes = sampleBytes(700_000);
const digest = digestOf(bytes);

const hour = 3_600_000;

const unasked = new ScriptedUpstream(() => {
  throw new Error("nobody may ask this upstream");
});

/** A download that this test makes by hand, as another process would that dies in the middle. */
async function doomed(place: MirrorPlace, content: Buffer, offset: number, lease = hour) {
  const { metadata } = await place.start();
  const { fills } = metadata.mirror;
  const path = join(place.spoolDirectory, "doomed");
  const leaseUntil = Date.now() + lease;
  await fills.claim({ repository, digest, holder: "doomed", path, leaseUntil }, Date.now());
  await mkdir(place.spoolDirectory, { recursive: true });
  await writeFile(path, content.subarray(0, offset));
  await fills.save(repository, digest, { holder: "doomed", offset, size: content.length, leaseUntil });
}

/** Bytes that came so far, and how it ends. */
function watched({ body }: OpenBlob) {
  const seen: { bytes: number; whole: Promise<Buffer | Error> } = {
    bytes: 0,
    whole: Promise.resolve(Buffer.of()),
  };
  const stream = body.stream();
  const chunks: Buffer[] = [];
  seen.whole = (async () => {
    try {
      for await (const chunk of stream) {
        chunks.push(chunk as Buffer);
        seen.bytes += (chunk as Buffer).length;
      }
      return Buffer.concat(chunks);
    } catch (error) {
      return error as Error;
    }
  })();
  return seen;
}

describe("a download that two processes want", () => {
  it("is made by one, and followed by the other as it goes", async () => {
    const place = await mirrorPlace();
    const [one, two] = [await place.start(), await place.start()];
    const transfer = byHand(bytes.length);
    const upstream = new ScriptedUpstream(() => transfer);
    const leading = one.open(digest, upstream);
    transfer.send(bytes.subarray(0, 300_000));
    const leader = watched(await leading);
    const follower = watched(await two.open(digest, unasked));
    const late = watched(
      await two.open(digest, unasked, { chooseRange: () => ({ start: 500_000, end: 699_999 }) }),
    );
    await eventually(() => follower.bytes).toBe(300_000);
    transfer.send(bytes.subarray(300_000, 301_000));
    await eventually(() => follower.bytes).toBe(301_000);
    transfer.send(bytes.subarray(301_000));
    await eventually(() => follower.bytes).toBe(bytes.length - 65_536);
    transfer.end();
    for (const { whole } of [leader, follower]) expectBytes(await whole, bytes);
    expectBytes(await late.whole, bytes.subarray(500_000));
    expect(upstream.fetches).toHaveLength(1);
    expectBytes(await keptBytes(two, digest), bytes);
    await eventually(() => place.leftovers()).toEqual([]);
    expect([...one.problems, ...two.problems]).toEqual([]);
  });

  it("is served to the other from the store, when it is over before that could follow", async () => {
    const place = await mirrorPlace();
    const [one, two] = [await place.start(), await place.start()];
    const small = bytes.subarray(0, 20_000);
    const transfer = byHand(small.length);
    const leading = one.open(digestOf(small), new ScriptedUpstream(() => transfer));
    await eventually(() => one.metadata.mirror.fills.find(repository, digestOf(small))).toBeDefined();
    const following = two.open(digestOf(small), unasked);
    transfer.send(small);
    transfer.end();
    for (const opened of [leading, following]) expectBytes(await bytesOf((await opened).body), small);
    await eventually(() => place.leftovers()).toEqual([]);
  });

  it("is tried by the other, when it failed before a byte came", async () => {
    const place = await mirrorPlace();
    const [one, two] = [await place.start(), await place.start()];
    let refuse: ((error: Error) => void) | undefined;
    const dead = new ScriptedUpstream(() => new Promise((_, reject) => (refuse = reject)));
    const leading = one.open(digest, dead);
    await eventually(() => refuse).toBeDefined();
    const following = two.open(digest, new ScriptedUpstream(() => sent(bytes)));
    refuse?.(new RemoteError("timeout", "no answer"));
    await expect(leading).rejects.toMatchObject({ failure: "timeout" });
    expectBytes(await bytesOf((await following).body), bytes);
  });

  it("is gone on with by the other, from each reader's own place, when the first breaks", async () => {
    const place = await mirrorPlace();
    const [one, two] = [await place.start(), await place.start()];
    const transfer = byHand(bytes.length);
    const breaking = new ScriptedUpstream(({ attempt }) => {
      if (attempt === 1) return transfer;
      throw new RemoteError("refused", "403");
    });
    const leading = one.open(digest, breaking);
    transfer.send(bytes.subarray(0, 300_000));
    const leader = watched(await leading);
    const upstream = new ScriptedUpstream(() => sent(bytes));
    const follower = watched(await two.open(digest, upstream));
    await eventually(() => follower.bytes).toBe(300_000);
    transfer.cut();
    expect(await leader.whole).toMatchObject({ failure: "refused" });
    expectBytes(await follower.whole, bytes);
    expect(upstream.fetches).toHaveLength(1);
    await eventually(() => place.leftovers()).toEqual([]);
  });
});

describe("a download whose process died", () => {
  it("is taken over when its lease ran out: readers go on where they are", async () => {
    const place = await mirrorPlace();
    await doomed(place, bytes, 400_000);
    const clock = { ahead: 0 };
    const process = await place.start({ now: () => Date.now() + clock.ahead });
    const upstream = new ScriptedUpstream(() => sent(bytes));
    const reader = watched(await process.open(digest, upstream));
    await eventually(() => reader.bytes).toBe(400_000);
    expect(upstream.fetches).toEqual([]);
    clock.ahead = 2 * hour;
    expectBytes(await reader.whole, bytes);
    expect(upstream.fetches).toHaveLength(1);
    expectBytes(await keptBytes(process, digest), bytes);
    await eventually(() => place.leftovers()).toEqual([]);
  });

  it("had sent other bytes: who has some of those gets an error, who has none the right ones", async () => {
    const place = await mirrorPlace();
    const wrong = Buffer.from(bytes).fill(0, 100, 200);
    await doomed(place, wrong, 400_000);
    const clock = { ahead: 0 };
    const process = await place.start({ now: () => Date.now() + clock.ahead });
    const upstream = new ScriptedUpstream(() => sent(bytes));
    const misled = watched(await process.open(digest, upstream));
    const beyond = watched(
      await process.open(digest, upstream, { chooseRange: () => ({ start: 200, end: 699_999 }) }),
    );
    const idle = await process.open(digest, upstream);
    await eventually(() => [misled.bytes, beyond.bytes]).toEqual([400_000, 399_800]);
    clock.ahead = 2 * hour;
    expect(await misled.whole).toMatchObject({
      message: expect.stringContaining("not what it was") as string,
    });
    expectBytes(await beyond.whole, bytes.subarray(200));
    expectBytes(await bytesOf(idle.body), bytes);
    await eventually(() => place.leftovers()).toEqual([]);
  });

  it("only seemed so: whoever lost the lease follows the one who has it now", async () => {
    const place = await mirrorPlace();
    const [one, two] = [await place.start(), await place.start()];
    const transfer = byHand(bytes.length);
    const leading = one.open(digest, new ScriptedUpstream(() => transfer));
    transfer.send(bytes.subarray(0, 300_000));
    const reader = watched(await leading);
    await eventually(() => reader.bytes).toBe(300_000);
    // As if the first had slept for longer than its lease.
    expect(await two.metadata.mirror.fills.takeDead(Infinity)).toHaveLength(1);
    const second = byHand(bytes.length);
    const taking = two.open(digest, new ScriptedUpstream(() => second));
    second.send(bytes.subarray(0, 500_000));
    const taker = watched(await taking);
    await eventually(() => reader.bytes).toBe(bytes.length - 200_000);
    expect(transfer.body.destroyed).toBe(true);
    second.send(bytes.subarray(500_000));
    second.end();
    expectBytes(await reader.whole, bytes);
    expectBytes(await taker.whole, bytes);
    await eventually(() => place.leftovers()).toEqual([]);
    expect(await listed(place.blobStore)).toHaveLength(1);
  });
});

describe("the sweep", () => {
  it("removes the rows and files of the dead, and nothing that lives", async () => {
    const place = await mirrorPlace();
    await doomed(place, bytes, 1000, -1);
    const process = await place.start();
    const transfer = byHand(bytes.length);
    const other = sampleBytes(200_000, 3);
    const living = process.open(
      digestOf(other),
      new ScriptedUpstream(() => ({ ...transfer, size: other.length })),
    );
    transfer.send(other.subarray(0, 150_000));
    const reader = watched(await living);
    const names = ["orphan.berth-fill", "somebody-elses.txt", "young.berth-fill"];
    for (const name of names) await writeFile(join(place.spoolDirectory, name), "bytes that no row tells of");
    for (const name of names.slice(0, 2)) await utimes(join(place.spoolDirectory, name), 0, 0);
    await process.downloads.sweep(never);
    const { fills } = process.metadata.mirror;
    expect(await fills.find(repository, digest)).toBeUndefined();
    const { path } = (await fills.find(repository, digestOf(other))) ?? {};
    expect((await place.leftovers()).toSorted()).toEqual(
      [
        path?.slice(place.spoolDirectory.length + 1),
        path,
        "somebody-elses.txt",
        "young.berth-fill",
      ].toSorted(),
    );
    transfer.send(other.subarray(150_000));
    transfer.end();
    expectBytes(await reader.whole, other);
  });

  it("has nothing to do where nothing was ever downloaded", async () => {
    const process = await (await mirrorPlace()).start();
    await process.downloads.sweep(never);
    expect(process.problems).toEqual([]);
  });
});
