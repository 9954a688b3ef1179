// No room left, at every step that could need some; and disks that fail otherwise (REQ-22).
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  contentOf,
  listed,
  never,
  put,
  sampleBytes,
  sourceOf,
  writtenBy,
} from "../../../contracts/blob-store-under-test.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { StorageError } from "../../../../storage/storage-error.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { mayMount, withTmpfs } from "./mounts.ts";
import { observedFiles, systemError, type FileStep } from "./observed-files.ts";
import { StoreDirectory } from "./store-directory.ts";

const bytes = sampleBytes(3_500_000);
const needRoom = ["open", "write", "datasync", "sync", "mkdir", "rename"];

describe("the filesystem store on a failing disk", () => {
  let directory: StoreDirectory;
  beforeEach(async () => (directory = await StoreDirectory.create()));
  afterEach(async () => {
    expect(await directory.leftovers()).toEqual([]);
    await directory.remove();
  });

  /** Uploads `bytes`; the step with the number `failing`, of those that need room, fails with `code`. */
  const uploadFailingAt = async (failing: number, code: string): Promise<unknown> => {
    let count = 0;
    const operations = observedFiles(({ name, length }: FileStep) => {
      if (!needRoom.includes(name)) return undefined;
      count += 1;
      if (count === failing) throw systemError(code);
      // A disk that fills up takes a part of a block first.
      return name === "write" && count === failing - 1 ? Math.ceil(length / 3) : undefined;
    });
    const store = directory.open();
    let failure: unknown;
    try {
      const session = await directory.open(operations).startUpload({ algorithms: ["sha256"] });
      try {
        await session.append(sourceOf(bytes), 0);
      } catch (error) {
        failure = error;
        const kept = bytes.subarray(0, session.offset);
        expect(session.digests.sha256).toBe(digestOf(kept));
        expect((await writtenBy(await session.read())).equals(kept)).toBe(true);
        // Room was made: the client goes on from the offset that it is told.
        await session.append(sourceOf(bytes.subarray(session.offset)), session.offset);
      }
      const { locator } = await session.commit(digestOf(bytes));
      expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    } catch (error) {
      failure = error;
    }
    for (const { size } of await listed(store)) expect(size).toBe(bytes.length);
    await store.delete((await listed(store)).map(({ locator }) => locator));
    expect(await contentOf(store, (await put(store, bytes)).locator)).toHaveLength(bytes.length);
    await store.removeStaleUploads(new Date(Date.now() + 1e6), never);
    return failure;
  };

  it.each(["ENOSPC", "EDQUOT"])(
    "names it when %s strikes, whatever step it strikes at, and goes on after",
    async (code) => {
      let step = 1;
      for (; step < 100; step += 1) {
        const failure = await uploadFailingAt(step, code);
        if (failure === undefined) break;
        expect(failure).toMatchObject({ code: "full" });
      }
      expect(step).toBeGreaterThan(10);
      expect(step).toBeLessThan(100);
    },
  );

  it("passes other failures on as they are, and stays usable", async () => {
    let step = 1;
    for (; step < 100; step += 1) {
      const failure = await uploadFailingAt(step, "EIO");
      if (failure === undefined) break;
      expect(failure).toMatchObject({ code: "EIO" });
    }
    expect(step).toBeGreaterThan(10);
  });

  it.each(["ENOSPC", "full"])("goes back to the last checkpoint when it is full (%s)", async (failure) => {
    let full = false;
    const operations = observedFiles(({ name }) => {
      if (full && failure === "ENOSPC" && name === "datasync") throw systemError("ENOSPC");
    });
    const session = await directory.open(operations).startUpload({ algorithms: ["sha256"] });
    const source = new PassThrough();
    source.write(bytes.subarray(0, 10_000));
    const checkpoint = async (): Promise<void> => {
      if (full) throw new StorageError("full", "no room for the row either");
      if (session.offset === 0) return;
      full = true;
      source.write(bytes.subarray(10_000, 30_000));
    };
    const append = session.append(source, 0, { checkpoint, checkpointMilliseconds: 5 });
    await expect(append).rejects.toMatchObject({ code: "full" });
    expect(session.offset).toBe(10_000);
    const [file] = await directory.files();
    expect((await stat(path.join(directory.path, file!))).size).toBe(10_000);
    full = false;
    await session.append(sourceOf(bytes.subarray(10_000)), 10_000);
    await session.commit(digestOf(bytes));
  });

  it("never counts bytes of a failed fdatasync, even when a second one would succeed", async () => {
    let syncs = 0;
    const operations = observedFiles(({ name }) => {
      if (name !== "datasync") return;
      syncs += 1;
      if (syncs === 2) throw systemError("EIO");
    });
    const session = await directory.open(operations).startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes.subarray(0, 1_000_000)), 0);
    await expect(session.append(sourceOf(bytes.subarray(1_000_000)), 1_000_000)).rejects.toMatchObject({
      code: "EIO",
    });
    expect(syncs).toBe(2);
    expect(session.offset).toBe(1_000_000);
    expect(session.digests.sha256).toBe(digestOf(bytes.subarray(0, 1_000_000)));
    await session.append(sourceOf(bytes.subarray(1_000_000)), 1_000_000);
    await session.commit(digestOf(bytes));
  });

  it("lets the disk work during a long append, and counts nothing when that fails", async () => {
    const long = Buffer.alloc(100 * 1024 * 1024, bytes.subarray(0, 65_536));
    let written = 0;
    const flushedAt: number[] = [];
    let broken = false;
    const operations = observedFiles(({ name, length }) => {
      if (name === "write") written += length;
      if (name !== "datasync") return;
      flushedAt.push(written);
      if (broken) throw systemError("EIO");
    });
    const session = await directory.open(operations).startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(long), 0);
    expect(flushedAt.length).toBeGreaterThan(2);
    expect(flushedAt[0]).toBeLessThan(40 * 1024 * 1024);
    expect(session.digests.sha256).toBe(digestOf(long));
    const before = flushedAt.length;
    broken = true;
    await expect(session.append(sourceOf(long), long.length)).rejects.toMatchObject({ code: "EIO" });
    expect(flushedAt.length).toBe(before + 1);
    expect(session.offset).toBe(long.length);
    await session.abort();
  });

  it("writes on when the system takes only a part of each block", async () => {
    const store = directory.open(
      observedFiles(({ name, length }) => (name === "write" ? Math.ceil(length / 7) : undefined)),
    );
    const { locator } = await put(store, bytes);
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it("reads on when the system gives only a part of each block", async () => {
    const { locator } = await put(directory.open(), bytes);
    const store = directory.open(
      observedFiles(({ name, length }) => (name === "read" ? Math.ceil(length / 7) : undefined)),
    );
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it("closes what it opened when a read fails", async () => {
    const { locator } = await put(directory.open(), bytes);
    const failing = observedFiles(({ name }) => {
      if (name === "read") throw systemError("EIO");
    });
    await expect(contentOf(directory.open(failing), locator)).rejects.toMatchObject({ code: "EIO" });
    await expect(directory.open(failing).read(locator, { start: 0, end: 9 })).rejects.toMatchObject({
      code: "EIO",
    });
    const unsized = observedFiles(({ name, path: file }) => {
      if (name === "stat" && file.includes("blobs")) throw systemError("EIO");
    });
    await expect(directory.open(unsized).read(locator)).rejects.toMatchObject({ code: "EIO" });
  });
});

describe.runIf(mayMount)("the filesystem store on a full tmpfs", () => {
  it("says that it is full, frees what nobody recorded, and goes on once there is room", async () => {
    const mountPoint = await mkdtemp(path.join(tmpdir(), "berth-full-"));
    await withTmpfs(mountPoint, "2m", async () => {
      const ballast = path.join(mountPoint, "ballast");
      const store = await openBlobStore({ kind: "filesystem", directory: mountPoint });
      const content = bytes.subarray(0, 1_800_000);
      await writeFile(ballast, sampleBytes(1_000_000));
      const session = await store.startUpload({ algorithms: ["sha256"] });
      await session.append(sourceOf(content.subarray(0, 100_000)), 0);
      const rest = content.subarray(100_000);
      await expect(session.append(sourceOf(rest), 100_000)).rejects.toMatchObject({ code: "full" });
      expect(session.offset).toBe(100_000);
      expect(session.digests.sha256).toBe(digestOf(content.subarray(0, 100_000)));
      // There is room again to record where it stands, and to delete something.
      await writeFile(path.join(mountPoint, "database"), sampleBytes(700_000));
      await rm(path.join(mountPoint, "database"));

      // A registry that is restarted now still serves what it has.
      const restarted = await openBlobStore({ kind: "filesystem", directory: mountPoint });
      const resumed = await restarted.resumeUpload(session.state);
      await rm(ballast);
      await resumed!.append(sourceOf(content.subarray(resumed!.offset)), resumed!.offset);
      const { locator } = await resumed!.commit(digestOf(content));
      expect((await contentOf(restarted, locator))?.equals(content)).toBe(true);
    });
  });
});
