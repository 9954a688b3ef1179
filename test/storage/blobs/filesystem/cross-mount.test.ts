// Rename refuses to cross mounts; commit then copies, and is as atomic as ever (REQ-21).
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  contentOf,
  listed,
  never,
  put,
  sampleBytes,
  sourceOf,
} from "../../../contracts/blob-store-under-test.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { probeDirectory } from "../../../../storage/blobs/filesystem/probe-directory.ts";
import { mayMount, withTmpfs } from "./mounts.ts";
import { observedFiles, systemError, type FileStep } from "./observed-files.ts";
import { StoreDirectory } from "./store-directory.ts";

const bytes = sampleBytes(300_000);

describe("the filesystem store when rename refuses to cross a mount", () => {
  let directory: StoreDirectory;
  beforeEach(async () => (directory = await StoreDirectory.create()));
  afterEach(async () => {
    expect(await directory.leftovers()).toEqual([]);
    await directory.remove();
  });

  /** Renaming out of uploads/ is refused; `then` sees every step after that. */
  const refusing = (then: (step: FileStep) => void = () => undefined): ReturnType<typeof observedFiles> => {
    let refused = false;
    return observedFiles((step) => {
      if (refused) then(step);
      if (step.name !== "rename" || !step.path.includes("/uploads/")) return;
      refused = true;
      throw systemError("EXDEV");
    });
  };

  it("copies, makes the copy durable, renames it, and removes the upload", async () => {
    const names: string[] = [];
    const store = directory.open(refusing(({ name }) => names.push(name)));
    const { locator } = await put(store, bytes);
    expect(names).toEqual(["copyFile", "open", "sync", "close", "rename", "unlink", "open", "sync", "close"]);
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it.each(["copyFile", "sync", "rename"])("keeps nothing when its %s fails", async (failing) => {
    const operations = refusing(({ name }) => {
      if (name === failing) throw systemError("ENOSPC");
    });
    await expect(put(directory.open(operations), bytes)).rejects.toMatchObject({ code: "full" });
    expect(await listed(directory.open())).toEqual([]);
  });

  it("lists no copy that a crash left half made, and sweeps it with the stale uploads", async () => {
    await writeFile(path.join(directory.path, "blobs/copying", "0".repeat(32)), "half");
    const store = directory.open();
    expect(await listed(store)).toEqual([]);
    expect(await store.removeStaleUploads(new Date(Date.now() + 1e6), never)).toBe(1);
  });

  it.runIf(mayMount)("commits across two real mounts, which the start probe would have refused", async () => {
    await withTmpfs(path.join(directory.path, "blobs"), "4m", async () => {
      await expect(probeDirectory(directory.path)).rejects.toMatchObject({ code: "unsuitable" });
      expect(await readdir(path.join(directory.path, "uploads"))).toEqual([]);
      const store = directory.open();
      const session = await store.startUpload({ algorithms: ["sha256"] });
      await session.append(sourceOf(bytes), 0);
      const { locator } = await session.commit(digestOf(bytes));
      expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
      expect(await directory.leftovers()).toEqual([]);
    });
  });
});
