// A file that was read a moment ago is read at once, and is never taken for what it was then.
import { appendFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { smallBytes, WarmFiles } from "../../../../storage/blobs/filesystem/warm-files.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

let path: string;
let files: WarmFiles;
beforeEach(async () => {
  path = join(await scratchDirectory(), "file");
  files = new WarmFiles();
  await writeFile(path, "0123456789");
});

const text = (range?: { start: number; end: number }) => files.read(path, range)?.inMemory?.toString();

test("a file that nobody read goes the long way", () => {
  expect(text()).toBeUndefined();
});

test("one that was read is read at once, whole or in part, as it is now", async () => {
  files.note(path);
  expect(text()).toBe("0123456789");
  expect(text({ start: 2, end: 4 })).toBe("234");
  await appendFile(path, "ab");
  expect([text(), files.read(path, undefined)?.size]).toEqual(["0123456789ab", 12]);
  await truncate(path, 3);
  expect(() => text({ start: 2, end: 4 })).toThrow(RangeError);
  expect(text()).toBe("012");
});

test("one that is gone, or large by now, goes the long way from then on", async () => {
  files.note(path);
  await rm(path);
  expect(text()).toBeUndefined();
  await writeFile(path, "back");
  expect(text()).toBeUndefined();
  files.note(path);
  await writeFile(path, Buffer.alloc(smallBytes + 1));
  expect(text()).toBeUndefined();
  expect(text({ start: 0, end: 0 })).toBeUndefined();
});

test("only so many files are thought to be warm", () => {
  files.note(path);
  for (let n = 0; n < 10_000; n += 1) files.note(`${path} ${n}`);
  expect(text()).toBeUndefined();
});
