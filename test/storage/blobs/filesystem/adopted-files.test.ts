// Files that others wrote and that become objects without being written again: moved, or copied where they lie on
// another file system.
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentOf, listed, sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { observedFiles, systemError } from "./observed-files.ts";
import { StoreDirectory } from "./store-directory.ts";

const bytes = sampleBytes(300_000);

describe("a file that is adopted", () => {
  let directory: StoreDirectory;
  let folder: string;
  let file: string;
  beforeEach(async () => {
    directory = await StoreDirectory.create();
    folder = await mkdtemp(path.join(tmpdir(), "berth-adopted-"));
    file = path.join(folder, "whole");
    await writeFile(file, bytes);
  });
  afterEach(async () => {
    expect(await directory.leftovers()).toEqual([]);
    await directory.remove();
    await rm(folder, { recursive: true });
  });

  it.each(["sha256", "sha512"] as const)(
    "is an object under its %s, and no file any more",
    async (algorithm) => {
      const store = directory.open();
      const { locator, size } = await store.adopt(file, digestOf(bytes, algorithm));
      expect(size).toBe(bytes.length);
      expect(locator.startsWith(`${algorithm}/`)).toBe(true);
      expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
      expect(await listed(store)).toMatchObject([{ locator, size }]);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("is moved, and its new name made durable, but not one byte of it is written or read", async () => {
    const names: string[] = [];
    const store = directory.open(observedFiles(({ name }) => names.push(name)));
    await store.adopt(file, digestOf(bytes));
    await writeFile(file, bytes);
    names.length = 0;
    await store.adopt(file, digestOf(bytes));
    expect(names).toEqual(["stat", "stat", "rename", "open", "sync", "close"]);
  });

  it("is an object each time, though there is one of its digest", async () => {
    const store = directory.open();
    await store.adopt(file, digestOf(bytes));
    await writeFile(file, bytes);
    await store.adopt(file, digestOf(bytes));
    expect(await listed(store)).toHaveLength(2);
  });

  it("is copied from another file system, durably", async () => {
    const names: string[] = [];
    const operations = observedFiles(({ name, path: at }) => {
      names.push(name);
      if (name === "rename" && at.startsWith(folder)) throw systemError("EXDEV");
    });
    const store = directory.open(operations);
    const { locator } = await store.adopt(file, digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    const copying = [
      "rename",
      "copyFile",
      "open",
      "sync",
      "close",
      "rename",
      "unlink",
      "open",
      "sync",
      "close",
    ];
    expect(names.slice(names.indexOf("rename"), names.indexOf("rename") + copying.length)).toEqual(copying);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(["mkdir", "rename", "sync"])("is no object when %s fails for want of room", async (failing) => {
    const operations = observedFiles(({ name }) => {
      if (name === failing) throw systemError("ENOSPC");
    });
    const adopted = directory.open(operations).adopt(file, digestOf(bytes));
    await expect(adopted).rejects.toMatchObject({ code: "full" });
    expect(await listed(directory.open())).toEqual([]);
  });

  it("that is not there is said to be gone", async () => {
    const adopted = directory.open().adopt(path.join(folder, "absent"), digestOf(bytes));
    await expect(adopted).rejects.toMatchObject({ code: "gone" });
  });

  it("stays where it is, and makes no folder, while the store's directory is away", async () => {
    const store = directory.open();
    const away = `${directory.path}-away`;
    await rename(directory.path, away);
    await expect(store.adopt(file, digestOf(bytes))).rejects.toThrow("is gone");
    expect(await readdir(folder)).toEqual(["whole"]);
    await expect(readdir(directory.path)).rejects.toMatchObject({ code: "ENOENT" });
    await rename(away, directory.path);
  });
});
