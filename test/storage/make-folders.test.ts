// Folders with their parents; and where there can be none, a refusal instead of trying for ever.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolders } from "../../storage/make-folders.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

describe("makeFolders", () => {
  it("makes what is not there, and tells which", async () => {
    const directory = await scratchDirectory();
    const [a, b, c] = [join(directory, "a"), join(directory, "a/b"), join(directory, "a/b/c")];
    expect(await makeFolders(b)).toEqual([a, b]);
    expect(await makeFolders(c)).toEqual([c]);
    expect(await makeFolders(c)).toEqual([]);
    expect(await makeFolders("/")).toEqual([]);
  });

  it("agrees with others that make the same folders meanwhile", async () => {
    const directory = await scratchDirectory();
    const all = await Promise.all(Array.from({ length: 8 }, () => makeFolders(join(directory, "a/b/c"))));
    expect(all.flat().sort()).toEqual(["a", "a/b", "a/b/c"].map((name) => join(directory, name)));
  });

  it("refuses a path that is a file or leads through one", async () => {
    const file = join(await scratchDirectory(), "file");
    await writeFile(file, "");
    await expect(makeFolders(file)).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolders(join(file, "a"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  it.runIf(process.platform === "linux")("refuses a place where nothing can be made", async () => {
    await expect(makeFolders("/proc/no-such-folder/a")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("asks at most twice for each level", async () => {
    const directory = await scratchDirectory();
    const asked: string[] = [];
    const never = (folder: string): Promise<unknown> => {
      asked.push(folder);
      return folder === directory
        ? mkdir(folder)
        : Promise.reject(Object.assign(new Error(), { code: "ENOENT" }));
    };
    await expect(makeFolders(join(directory, "a/b"), never)).rejects.toMatchObject({ code: "ENOENT" });
    expect(asked).toHaveLength(4);
  });
});
