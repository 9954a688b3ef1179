// Making room, and what a run of the job takes away.
import { afterEach, describe, expect, test } from "vitest";
import { digestFor } from "../../../contracts/metadata-store-fixture.ts";
import { openKeeper, sizedBlob, type OpenKeeper } from "./open-keeper.ts";

const here = "docker.io/library/app";
const names = ["a", "b", "c", "d"];
const forever = new AbortController().signal;
/** Of a download that is not over. */
const running = forever;

let opened: OpenKeeper | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** Four images of 100 bytes, `a` the least recently pulled, each with the tag of its name. */
async function withFourImages(...options: Parameters<typeof openKeeper>): Promise<OpenKeeper> {
  const made = (opened = await openKeeper(...options));
  for (const name of names) {
    await made.cacheImage(here, name, 100, [name]);
    made.clock.now += 60_000;
  }
  return made;
}

describe("making room", () => {
  test("without a cap is not needed", async () => {
    const { keeper, held } = await withFourImages();
    expect(await keeper.makeRoom(1e12)).toBe(true);
    expect(await keeper.makeRoom(undefined)).toBe(true);
    expect(await held(here, ...names)).toEqual(names);
  });

  test("takes nothing while there is room", async () => {
    const { keeper, held } = await withFourImages({ maxBytes: 500 });
    expect(await keeper.makeRoom(100)).toBe(true);
    expect(await held(here, ...names)).toEqual(names);
  });

  test("takes the least recently pulled until the low water is reached", async () => {
    const { keeper, held, usedBytes } = await withFourImages({ maxBytes: 450, lowWater: 0.5 });
    expect(await keeper.makeRoom(100)).toBe(true);
    expect(await held(here, ...names)).toEqual(["c", "d"]);
    expect(await usedBytes()).toBe(200);
  });

  test("takes more than that for a large blob, and nothing for one that can never fit", async () => {
    const { keeper, held } = await withFourImages({ maxBytes: 450, lowWater: 0.9 });
    expect(await keeper.makeRoom(451)).toBe(false);
    expect(await held(here, ...names)).toEqual(names);
    expect(await keeper.makeRoom(350)).toBe(true);
    expect(await held(here, ...names)).toEqual(["d"]);
  });

  test("knows of pulls that are not written yet", async () => {
    const { keeper, held } = await withFourImages({ maxBytes: 400, lowWater: 0.75 });
    keeper.pulled(here, digestFor("b"));
    keeper.pulled(here, digestFor("a"));
    expect(await keeper.makeRoom(100)).toBe(true);
    expect(await held(here, ...names)).toEqual(["a", "b", "d"]);
  });

  test.each([
    ["a pattern of the configuration", { pins: ["docker.io/library/app:a"] }, []],
    ["a pattern that somebody added", {}, ["docker.io/**/app:a"]],
    ["a whole repository but for others", { pins: ["quay.io/**", "docker.io/library/app:?"] }, ["*/*/app:a"]],
    ["its digest", { pins: [`${here}@${digestFor("a")}`] }, []],
  ])("leaves what is pinned by %s", async (_, settings, added) => {
    const { keeper, held, metadata } = await withFourImages({ maxBytes: 400, lowWater: 0.5, ...settings });
    for (const pattern of added) await metadata.mirror.pins.add(pattern, 1);
    expect(await keeper.makeRoom(100)).toBe(true);
    expect(await held(here, ...names)).toEqual(["a", "d"]);
  });

  test("fails when all is pinned, and tries again once that has changed", async () => {
    const { keeper, held, settings } = await withFourImages({ maxBytes: 400, pins: [here] });
    expect(await keeper.makeRoom(100)).toBe(false);
    expect(await held(here, ...names)).toEqual(names);
    expect(await keeper.makeRoom(0)).toBe(true);
    keeper.change({ ...settings, pins: [] });
    expect(await keeper.makeRoom(100)).toBe(true);
    expect(await held(here, ...names)).toEqual(["c", "d"]);
  });

  test("that failed is not tried again at once, for each of many", async () => {
    const { keeper, metadata, clock } = await withFourImages({ maxBytes: 400, pins: [here] });
    expect(await keeper.makeRoom(100)).toBe(false);
    await metadata.mirror.pins.add("nothing", 1);
    await metadata.mirror.eviction.evictManifest(
      { repository: here, digest: digestFor("a") },
      { unlessPulledSince: clock.now, now: clock.now, dueAt: clock.now },
    );
    expect(await keeper.makeRoom(100)).toBe(false);
    clock.now += 10_000;
    expect(await keeper.makeRoom(100)).toBe(true);
  });

  test("leaves what was pushed, and takes loose blobs when images are not enough", async () => {
    const { keeper, metadata, clock, usedBytes } = await withFourImages({ maxBytes: 600, pins: [here] });
    const loose = sizedBlob("loose", 150);
    await metadata.mirror.content.commitBlob({ repository: here, blob: loose, now: clock.now });
    expect(await keeper.makeRoom(100)).toBe(true);
    clock.now += 20_000;
    expect(await keeper.makeRoom(200)).toBe(true);
    expect(await metadata.blobLinks.find(here, loose.digest)).toBeUndefined();
    expect(await usedBytes()).toBe(400);
  });

  test("for many at once grants no more than there is", async () => {
    const { keeper, usedBytes } = await withFourImages({ maxBytes: 400, lowWater: 1 });
    const granted = await Promise.all(Array.from({ length: 10 }, () => keeper.makeRoom(100, running)));
    expect(granted.filter(Boolean)).toHaveLength(4);
    expect(await usedBytes()).toBe(0);
  });

  test("grants for as long as the download runs, however long that is, and no longer", async () => {
    const { keeper, held, clock } = await withFourImages({ maxBytes: 600, lowWater: 1 });
    const over = new AbortController();
    expect(await keeper.makeRoom(200, over.signal)).toBe(true);
    clock.now += 60_000;
    expect(await keeper.makeRoom(100)).toBe(true);
    expect(await held(here, ...names)).toEqual(["b", "c", "d"]);
    over.abort();
    expect(await keeper.makeRoom(300)).toBe(true);
    expect(await held(here, ...names)).toEqual(["b", "c", "d"]);
  });

  test("after a burst takes what is too much alone: what was granted and is kept by now counts once", async () => {
    const { keeper, cacheImage, held } = (opened = await openKeeper({ maxBytes: 1000, lowWater: 0.9 }));
    const burst = Array.from({ length: 9 }, (_, index) => `image${index}`);
    for (const name of burst) {
      const over = new AbortController();
      expect(await keeper.admit(100, over.signal)).toBe("keep");
      await cacheImage(here, name, 100);
      over.abort();
    }
    expect(await keeper.admit(100, running)).toBe("keep");
    expect(await held(here, ...burst)).toEqual(burst);
    expect(await keeper.admit(100, running)).toBe("keep");
    expect(await held(here, ...burst)).toHaveLength(8);
  });

  test("counts what running downloads will bring, in whatever process", async () => {
    const { keeper, metadata, clock, held } = await withFourImages({ maxBytes: 600, lowWater: 0.75 });
    const fill = { repository: here, digest: digestFor("new"), holder: "another process" };
    const leaseUntil = clock.now + 10_000;
    await metadata.mirror.fills.claim({ ...fill, path: "/spool/new", leaseUntil }, clock.now);
    const progress = { holder: fill.holder, offset: 0, size: 200, leaseUntil };
    await metadata.mirror.fills.save(here, fill.digest, progress);
    expect(await keeper.makeRoom(100)).toBe(true);
    expect(await held(here, ...names)).toEqual(["c", "d"]);
  });

  test("leaves the bytes to their readers for a while", async () => {
    const { keeper, metadata, clock } = await withFourImages(
      { maxBytes: 400 },
      { readingGraceMilliseconds: 900_000 },
    );
    await keeper.makeRoom(100);
    const { discardedObjects } = metadata;
    expect(await discardedObjects.list(clock.now + 900_000 - 1, 10)).toHaveLength(0);
    expect(await discardedObjects.list(clock.now + 900_000, 10)).toHaveLength(2);
  });
});

describe("a run", () => {
  test("takes what was not pulled for too long, but for what is pinned", async () => {
    const { keeper, held, clock, metadata } = await withFourImages({ idleSeconds: 200, pins: [`${here}:a`] });
    keeper.pulled(here, digestFor("b"));
    await keeper.run(forever);
    expect(await held(here, ...names)).toEqual(names);
    clock.now += 21_000;
    await keeper.run(forever);
    expect(await held(here, ...names)).toEqual(names);
    clock.now += 100_000;
    await keeper.run(forever);
    expect(await held(here, ...names)).toEqual(["a", "b", "d"]);
    expect(await metadata.blobLinks.find(here, digestFor("layer of c"))).toBeUndefined();
  });

  test("applies a cap that became smaller to what is there", async () => {
    const { keeper, held, settings } = await withFourImages({ maxBytes: 1000 });
    await keeper.run(forever);
    expect(await held(here, ...names)).toEqual(names);
    keeper.change({ ...settings, maxBytes: 300 });
    await keeper.run(forever);
    expect(await held(here, ...names)).toEqual(["d"]);
  });

  test("goes through more images than one list has, pinned ones among them", async () => {
    const made = (opened = await openKeeper({ maxBytes: 100_000, pins: [`${here}:stays*`] }));
    const many = Array.from({ length: 250 }, (_, index) => `${index}`);
    for (const name of many)
      await made.cacheImage(here, name, 10, [Number(name) % 2 ? `stays${name}` : name]);
    made.keeper.change({ ...made.settings, maxBytes: 1300 });
    await made.keeper.run(forever);
    expect(await made.held(here, ...many)).toEqual(many.filter((name) => Number(name) % 2));
  });

  test("takes blobs that nothing needed for an hour", async () => {
    const { keeper, metadata, clock } = (opened = await openKeeper());
    const loose = sizedBlob("loose", 150);
    await metadata.mirror.content.commitBlob({ repository: here, blob: loose, now: clock.now });
    clock.now += 3_600_000;
    await keeper.run(forever);
    expect(await metadata.blobLinks.find(here, loose.digest)).toEqual(loose);
    clock.now += 1;
    await keeper.run(forever);
    expect(await metadata.blobLinks.find(here, loose.digest)).toBeUndefined();
  });

  test("that is told to stop takes nothing more", async () => {
    const { keeper, held, clock } = await withFourImages({ idleSeconds: 60, maxBytes: 100 });
    clock.now += 1_000_000;
    await keeper.run(AbortSignal.abort());
    expect(await held(here, ...names)).toEqual(names);
  });
});

describe("admission", () => {
  test("passes on what does not fit on the disk or under the cap", async () => {
    const free = { bytes: 1000 };
    const parts = { freeBytes: async () => free.bytes };
    const { keeper, clock } = (opened = await openKeeper({ maxBytes: 5000, minFreeBytes: 300 }, parts));
    expect(await keeper.admit(701, running)).toBe("pass");
    expect(await keeper.admit(700, running)).toBe("keep");
    free.bytes = 299;
    expect(await keeper.admit(undefined, running)).toBe("keep");
    clock.now += 5000;
    expect(await keeper.admit(undefined, running)).toBe("pass");
    free.bytes = 1e6;
    clock.now += 5000;
    expect(await keeper.admit(5001, running)).toBe("pass");
    expect(await keeper.admit(4000, running)).toBe("keep");
  });
});
