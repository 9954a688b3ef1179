// The least that stays free: asked of a disk at most once a second, and kept however fast the blocks come.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DiskRoom, freeBytesOf, type DiskRoomParts } from "../../storage/disk-room.ts";

const mebibyte = 1024 * 1024;

function roomOn(disks: Record<string, number>, more: Partial<DiskRoomParts> = {}) {
  const state = { now: 0, looks: 0 };
  const room = new DiskRoom({
    directories: Object.keys(disks),
    minFreeBytes: 10 * mebibyte,
    now: () => state.now,
    freeBytes: async (directory) => {
      state.looks += 1;
      return disks[directory] ?? NaN;
    },
    ...more,
  });
  return { room, state, disks };
}

test("blocks are refused from the mark on, with figures and without a look at the disk for each", async () => {
  const { room, state } = roomOn({ here: 12 * mebibyte });
  await room.claim(mebibyte);
  await room.claim(mebibyte);
  await expect(room.claim(1)).rejects.toMatchObject({
    code: "full",
    message: "10 MiB are free, and 10 MiB have to stay so (storage.minFreeBytes)",
  });
  expect(state.looks).toBe(1);
});

test("what is only asked about takes nothing", async () => {
  const { room } = roomOn({ here: 12 * mebibyte });
  for (let n = 0; n < 10; n++) await room.demand(2 * mebibyte);
  await expect(room.demand(2 * mebibyte + 1)).rejects.toMatchObject({ code: "full" });
});

test("a second later the disk is asked again: what others wrote counts, and what was freed", async () => {
  const { room, state, disks } = roomOn({ here: 12 * mebibyte });
  await room.claim(mebibyte);
  disks["here"] = 0;
  state.now = 999;
  await room.demand(mebibyte);
  state.now = 1000;
  await expect(room.demand(0)).rejects.toMatchObject({ code: "full" });
  disks["here"] = 100 * mebibyte;
  state.now = 2000;
  await room.claim(90 * mebibyte);
  expect(await room.free()).toBe(10 * mebibyte);
});

test("many who ask at once share one look", async () => {
  const { room, state } = roomOn({ here: 100 * mebibyte });
  await Promise.all(Array.from({ length: 50 }, () => room.claim(1000)));
  expect(state.looks).toBe(1);
  expect(await room.free()).toBe(100 * mebibyte - 50_000);
});

test("of several disks the one with the least room counts, and one that does not answer does not", async () => {
  const { room } = roomOn({ blobs: 100 * mebibyte, database: 10 * mebibyte - 1 });
  await expect(room.demand(0)).rejects.toMatchObject({ code: "full" });
  const silent = new DiskRoom({
    directories: ["gone"],
    minFreeBytes: 10,
    now: () => 0,
    freeBytes: async () => Promise.reject(new Error("ESTALE")),
  });
  await silent.claim(1e12);
});

test("a real disk is asked, also about a folder that is not there yet", async () => {
  expect(await freeBytesOf(tmpdir())).toBeGreaterThan(0);
  expect(await freeBytesOf(join(tmpdir(), "no-such", "folder"))).toBeGreaterThan(0);
});
