// The start probe: what it tries, what it says when it refuses, and that it leaves nothing behind (REQ-21).
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { probeDirectory } from "../../../../storage/blobs/filesystem/probe-directory.ts";
import { mayMount, withTmpfs } from "./mounts.ts";
import { observedFiles, systemError, type FileStep } from "./observed-files.ts";

describe("probeDirectory", () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(path.join(tmpdir(), "berth-probe-"))));
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const files = async (): Promise<string[]> => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  };
  const refusal = (reason: string | RegExp): object =>
    expect.objectContaining({
      code: "unsuitable",
      message: expect.stringMatching(
        new RegExp(
          `^The blob directory ${directory}\\S* cannot be used: .*${reason instanceof RegExp ? reason.source : reason}`,
        ),
      ) as string,
    }) as object;
  const failingAt = (failing: (step: FileStep) => boolean, code: string): ReturnType<typeof observedFiles> =>
    observedFiles((step) => {
      if (failing(step)) throw systemError(code);
    });

  it("lays out the folders, also below a directory that is not there yet, and leaves no file", async () => {
    await probeDirectory(path.join(directory, "new/data"));
    expect(await readdir(path.join(directory, "new/data"))).toEqual(["blobs", "uploads"]);
    expect(await files()).toEqual([]);
  });

  it("passes again over a directory in use", async () => {
    await probeDirectory(directory);
    await probeDirectory(directory);
    expect(await files()).toEqual([]);
  });

  it("refuses a path that is a file, or that leads through one", async () => {
    await writeFile(path.join(directory, "file"), "x");
    await expect(probeDirectory(path.join(directory, "file"))).rejects.toEqual(
      refusal("a part of this path is a file"),
    );
    const below = openBlobStore({ kind: "filesystem", directory: path.join(directory, "file/data") });
    await expect(below).rejects.toEqual(refusal("a part of this path is a file"));
  });

  it("refuses a directory that it may not write to, and says who must be able to", async () => {
    const denied = failingAt(({ name }) => name === "open", "EACCES");
    await expect(probeDirectory(directory, denied)).rejects.toEqual(
      refusal("Give the directory to the user"),
    );
  });

  it.runIf(process.getuid?.() === 0)("refuses another user's directory", async () => {
    await chmod(directory, 0o755);
    process.seteuid?.(65_534);
    try {
      await expect(probeDirectory(directory)).rejects.toEqual(refusal("may not write there"));
    } finally {
      process.seteuid?.(0);
    }
  });

  it.each([
    ["rename", "EXDEV", "on different mounts"],
    ["rename", "EROFS", "mounted read-only"],
    ["sync", "EINVAL", "does not keep what a store builds on"],
    ["write", "EIO", "does not keep what a store builds on"],
  ])("refuses when %s fails with %s, and leaves no file", async (name, code, reason) => {
    await expect(
      probeDirectory(
        directory,
        failingAt((step) => step.name === name, code),
      ),
    ).rejects.toEqual(refusal(reason));
    expect(await files()).toEqual([]);
  });

  it("refuses when a directory cannot be fsynced", async () => {
    let renamed = false;
    const operations = failingAt(({ name }) => {
      renamed ||= name === "rename";
      return renamed && name === "sync";
    }, "EINVAL");
    await expect(probeDirectory(directory, operations)).rejects.toEqual(refusal("EINVAL"));
    expect(await files()).toEqual([]);
  });

  it("refuses when a second handle reads something else than was written", async () => {
    const operations = observedFiles(({ name }) => (name === "read" ? 3 : undefined));
    await expect(probeDirectory(directory, operations)).rejects.toEqual(
      refusal("differs from what was written"),
    );
    expect(await files()).toEqual([]);
  });

  it("lets a full disk pass: what is there can still be pulled and deleted", async () => {
    await probeDirectory(directory);
    await probeDirectory(
      directory,
      failingAt(({ name }) => name === "write", "ENOSPC"),
    );
    expect(await files()).toEqual([]);
  });

  it.runIf(mayMount)("refuses a read-only mount", async () => {
    await withTmpfs(directory, "64k", async () => {
      execFileSync("mount", ["-o", "remount,ro", directory]);
      await expect(probeDirectory(directory)).rejects.toEqual(refusal("mounted read-only"));
      const below = probeDirectory(path.join(directory, "data/berth"));
      await expect(below).rejects.toEqual(refusal(/mounted read-only|cannot be created/));
    });
    await mkdir(directory);
  });
});
