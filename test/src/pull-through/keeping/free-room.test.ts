// Room on the disk, asked of a real one.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FreeRoom, type FreeRoomParts } from "../../../../src/pull-through/keeping/free-room.ts";

const running = new AbortController().signal;

const room = (directory: string, least: number, more: Partial<FreeRoomParts> = {}) =>
  new FreeRoom({
    ...{ directory, minFreeBytes: () => least, bytesUnderWay: async () => 0, now: () => 0 },
    ...more,
  });

test.each([
  ["a directory", tmpdir()],
  ["one that is not there yet", join(tmpdir(), "berth-no-such", "fills")],
])("%s has room while the least is left", async (_, directory) => {
  expect(await room(directory, 0).take(0, running)).toBe(true);
  expect(await room(directory, 1).take(1e18, running)).toBe(false);
  expect(await room(directory, 1e18).take(0, running)).toBe(false);
});

test("room is given once", async () => {
  const few = room("/", 100, { freeBytes: async () => 1000 });
  expect(await Promise.all([few.take(600, running), few.take(600, running)])).toEqual([true, false]);
  expect(await few.take(300, running)).toBe(true);
  expect(await few.take(1, running)).toBe(false);
});

test("what running downloads have yet to write is not free, whether the database knows of them by now or not", async () => {
  const clock = { now: 0, underWay: 0 };
  const few = room("/", 100, {
    ...{ freeBytes: async () => 1000, now: () => clock.now },
    bytesUnderWay: async () => clock.underWay,
  });
  const over = new AbortController();
  expect(await few.take(500, over.signal)).toBe(true);
  clock.now = 60_000;
  expect(await few.take(401, running)).toBe(false);
  over.abort();
  clock.underWay = 500;
  clock.now = 70_000;
  expect(await few.take(401, running)).toBe(false);
  clock.underWay = 0;
  clock.now = 80_000;
  expect(await few.take(401, running)).toBe(true);
});
