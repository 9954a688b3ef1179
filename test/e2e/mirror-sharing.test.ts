// Many clients of one blob that nobody has yet, at two processes on the same data: one download for all of them, whoever
// leaves and whoever is killed. The upstream's tap is in the test's hands, so that all of them are there before the end.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { startStrictS3 } from "../support/s3/strict-s3-server.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/upstream/fake-upstream.ts";
import { BerthProcess } from "./berth-process.ts";
import { heldAtBytes, type HeldBlob, holdBlob } from "./held-blob.ts";
import { mirrorConfiguration, type MirrorFiles } from "./mirror-berth.ts";
import { environmentOf, mebibyte } from "./s3-berth.ts";
import { WatchedBlob } from "./watched-blob.ts";

const repository = "upstream.example/team/app";
const clients = 100;
/** Longer than a busy machine needs, and than the lease of a dead process's download lasts. */
const eventually = { timeout: 60_000, interval: 50 };

const places = [
  { place: "a directory", blobBytes: 32 * mebibyte, withBucket: false },
  { place: "a bucket", blobBytes: 8 * mebibyte, withBucket: true },
];

describe.each(places)("two processes that keep blobs in $place", ({ blobBytes, withBucket }) => {
  let upstream: FakeUpstream;
  let files: MirrorFiles;
  let close: () => Promise<void>;
  let first: BerthProcess;
  let second: BerthProcess;

  beforeAll(async () => {
    upstream = await startFakeUpstream();
    files = await mirrorConfiguration({
      upstreams: [{ host: "upstream.example", url: upstream.url }],
      mirror: { minFreeBytes: 0 },
    });
    const s3 = withBucket ? await startStrictS3() : undefined;
    close = async () => s3?.close();
    first = await BerthProcess.start({ ...files.environment, ...(s3 && environmentOf(s3)) });
    second = await first.startAnother();
  });
  afterEach((context) => {
    upstream.faults.clear();
    upstream.requests.clear();
    if (context.task.result?.state !== "fail") return;
    for (const berth of [first, second]) console.error(`Berth's log:\n${berth.process.log().slice(-4000)}`);
  });
  afterAll(async () => {
    await second.close();
    await first.close();
    await upstream.close();
    await close();
    await removeScratchFolder(files.folder);
  });

  const watch = (berth: BerthProcess, digest: string): WatchedBlob =>
    new WatchedBlob(berth.http, repository, digest);
  const whole = (digest: string) => ({ how: "clean", status: 200, bytes: blobBytes, digest });
  const noSpoolFiles = (): Promise<void> =>
    expect.poll(() => first.filesIn("fills").catch(() => []), eventually).toEqual([]);

  const heldBlob = (times = Infinity): HeldBlob => holdBlob(upstream, "team/app", blobBytes, times);

  /** Until each of them has what there is. */
  async function untilHeldUp(readers: readonly WatchedBlob[]): Promise<void> {
    await expect.poll(() => readers.filter(({ bytes }) => bytes !== heldAtBytes).length, eventually).toBe(0);
  }

  it(`serve ${clients} clients at once with one GET upstream, each with all of the right bytes`, async () => {
    const { digest, release } = heldBlob();
    const readers = Array.from({ length: clients }, (_, index) =>
      watch(index % 2 === 0 ? first : second, digest),
    );
    await untilHeldUp(readers);
    release();
    const ends = await Promise.all(readers.map(({ done }) => done));
    for (const end of ends) expect(end).toMatchObject(whole(digest));
    for (const { cacheStatus } of ends) expect(cacheStatus).toMatch(/^berth; fwd=uri-miss/);
    expect(upstream.requests.blobGet).toBe(1);
    await noSpoolFiles();
    for (const berth of [first, second]) {
      expect(await watch(berth, digest).done).toMatchObject({ ...whole(digest), cacheStatus: "berth; hit" });
    }
    expect(upstream.requests.blobGet).toBe(1);
  });

  it("go on when the client that began leaves, also when it was the only one", async () => {
    const shared = heldBlob();
    const leader = watch(first, shared.digest);
    await untilHeldUp([leader]);
    const others = [watch(first, shared.digest), watch(second, shared.digest)];
    await untilHeldUp(others);
    leader.leave();
    expect((await leader.done).how).toBe("broken");
    shared.release();
    for (const { done } of others) expect(await done).toMatchObject(whole(shared.digest));

    const alone = heldBlob();
    const only = watch(first, alone.digest);
    await untilHeldUp([only]);
    only.leave();
    await only.done;
    alone.release();
    await noSpoolFiles();
    expect(await watch(second, alone.digest).done).toMatchObject({
      ...whole(alone.digest),
      cacheStatus: "berth; hit",
    });
    expect(upstream.requests.blobGet).toBe(2);
  });

  it("never end a blob early and clean when the one that downloads is killed; the other goes on", async () => {
    const { digest } = heldBlob(1);
    const leader = watch(first, digest);
    await untilHeldUp([leader]);
    const followers = Array.from({ length: 5 }, () => watch(second, digest));
    await untilHeldUp(followers);
    await first.kill();
    expect((await leader.done).how).toBe("broken");
    for (const { done } of followers) expect(await done).toMatchObject(whole(digest));
    expect(upstream.requests.blobGet).toBe(2);
    await noSpoolFiles();
    await first.start();
    expect(await watch(first, digest).done).toMatchObject({ ...whole(digest), cacheStatus: "berth; hit" });
  });

  if (withBucket) return;
  it("fetch what all of them were killed over when they are back, and leave nothing lying about", async () => {
    const { digest } = heldBlob(1);
    const readers = [watch(first, digest), watch(second, digest)];
    await untilHeldUp(readers);
    await Promise.all([first.kill(), second.kill()]);
    for (const { done } of readers) expect((await done).how).toBe("broken");
    expect(await first.filesIn("fills")).toHaveLength(1);
    await Promise.all([first.start(), second.start()]);
    const again = [watch(first, digest), watch(second, digest)];
    for (const { done } of again) expect(await done).toMatchObject(whole(digest));
    expect(upstream.requests.blobGet).toBe(2);
    await noSpoolFiles();
  });
});
