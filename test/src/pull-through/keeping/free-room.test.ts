// Room on the disk, asked of a real one.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FreeRoom } from "../../../../src/pull-through/keeping/free-room.ts";

const room = (directory: string, least: number) =>
  new FreeRoom({ directory, minFreeBytes: () => least, now: () => 0 });

test.each([
  ["a directory", tmpdir()],
  ["one that is not there yet", join(tmpdir(), "berth-no-such", "fills")],
])("%s has room while the least is left", async (_, directory) => {
  expect(await room(directory, 0).has(0)).toBe(true);
  expect(await room(directory, 1).has(1e18)).toBe(false);
  expect(await room(directory, 1e18).has(0)).toBe(false);
});
