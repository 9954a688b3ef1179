// Uploads whose blocks are hashed on other threads: they go on here and in another process, and outlive such a thread.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentOf, sampleBytes, sourceOf } from "../../../contracts/blob-store-under-test.ts";
import { boundlessRoom } from "../../../../storage/disk-room.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { FilesystemBlobStore } from "../../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import type { UploadSession } from "../../../../storage/blobs/upload-session.ts";
import { HashingThreads } from "../../../../storage/hashing/hashing-threads.ts";
import { observedFiles, type FileStep } from "./observed-files.ts";
import { StoreDirectory } from "./store-directory.ts";

const bytes = sampleBytes(5_000_000);
const half = 2_500_000;

describe("an upload that is hashed on another thread", () => {
  let directory: StoreDirectory;
  let threads: HashingThreads;
  let steps: FileStep[];
  let beforeStep: (step: FileStep) => unknown;
  const open = (hashing: HashingThreads): FilesystemBlobStore => {
    const files = observedFiles(async (step) => {
      steps.push(step);
      await beforeStep(step);
    });
    return new FilesystemBlobStore(directory.path, files, boundlessRoom, hashing);
  };
  const bytesRead = (): number =>
    steps.filter(({ name }) => name === "read").reduce((sum, { length }) => sum + length, 0);
  const halved = async (store: FilesystemBlobStore): Promise<UploadSession> => {
    const session = await store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes.subarray(0, half)), 0);
    expect(threads.size).toBe(1);
    return session;
  };
  const completes = async (store: FilesystemBlobStore, session: UploadSession): Promise<void> => {
    await session.append(sourceOf(bytes.subarray(session.offset)), session.offset);
    const { locator } = await session.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  };

  beforeEach(async () => {
    directory = await StoreDirectory.create();
    threads = new HashingThreads({ maxThreads: 2 });
    steps = [];
    beforeStep = () => undefined;
  });
  afterEach(async () => {
    await threads.close();
    expect(await directory.leftovers()).toEqual([]);
    await directory.remove();
  });

  it("goes on in the same process without reading anything", async () => {
    const store = open(threads);
    const { state } = await halved(store);
    const session = await store.resumeUpload(state);
    if (!session) throw new Error("the session is gone");
    await session.append(sourceOf(bytes.subarray(half)), half);
    expect(bytesRead()).toBe(0);
    expect(session.digests).toEqual({ sha256: digestOf(bytes) });
    await session.commit(digestOf(bytes));
  });

  it("goes on in another process, which reads what is stored once", async () => {
    const { state } = await halved(open(threads));
    const other = new HashingThreads({ maxThreads: 1 });
    const store = open(other);
    const session = await store.resumeUpload(state);
    if (!session) throw new Error("the session is gone");
    await session.append(sourceOf(bytes.subarray(half)), half);
    expect(bytesRead()).toBeGreaterThanOrEqual(half);
    expect(bytesRead()).toBeLessThan(2 * half);
    await session.commit(digestOf(bytes));
    await store.close();
  });

  it("whose thread ended between two appends goes on", async () => {
    const store = open(threads);
    const session = await halved(store);
    await threads.close();
    await completes(store, session);
  });

  it("whose thread ends in the middle of an append fails with an error, and goes on from what it was told", async () => {
    const store = open(threads);
    const session = await halved(store);
    beforeStep = async ({ name }) => {
      if (name === "write") await threads.close();
    };
    const broken = session.append(sourceOf(bytes.subarray(half)), half);
    await expect(broken).rejects.toThrow("a thread that hashes has ended");
    expect(session.offset).toBe(half);
    expect(session.digests).toEqual({ sha256: digestOf(bytes.subarray(0, half)) });
    beforeStep = () => undefined;
    await completes(store, session);
  });

  it("has true digests of what landed when the disk takes a part of a block and then fails", async () => {
    const store = open(threads);
    const session = await halved(store);
    let writes = 0;
    beforeStep = ({ name }) => {
      if (name !== "write") return undefined;
      writes += 1;
      if (writes === 3) throw new Error("EIO: made for a test");
      return writes === 2 ? 100_000 : undefined;
    };
    await expect(session.append(sourceOf(bytes.subarray(half)), half)).rejects.toThrow("EIO");
    expect(session.offset).toBeGreaterThan(half + 100_000);
    expect(session.offset).toBeLessThan(bytes.length);
    expect(session.digests).toEqual({ sha256: digestOf(bytes.subarray(0, session.offset)) });
    beforeStep = () => undefined;
    await completes(store, session);
  });

  it("that was told it is the last append has nothing made durable before its commit, and then by the same handle", async () => {
    const store = open(threads);
    const session = await store.startUpload({ algorithms: ["sha256"] });
    steps = [];
    await session.append(sourceOf(bytes), 0, { closing: true });
    expect(session.offset).toBe(0);
    await session.commit(digestOf(bytes));
    const names = steps.filter(({ path }) => path.includes("/uploads/")).map(({ name }) => name);
    expect(names.filter((name) => name !== "write")).toEqual(["open", "stat", "sync", "close", "rename"]);
  });

  it("that comes whole is opened once, and looked at by nobody", async () => {
    const store = open(threads);
    const session = await store.startUpload({ algorithms: ["sha256"], whole: true });
    await session.append(sourceOf(bytes), 0, { closing: true });
    await session.commit(digestOf(bytes));
    const names = steps.filter(({ path }) => path.includes("/uploads/")).map(({ name }) => name);
    expect(names.filter((name) => name !== "write")).toEqual(["open", "sync", "close", "rename"]);
  });

  it("that was told it is the last append leaves no file open when it is aborted instead", async () => {
    const store = open(threads);
    const session = await store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes), 0, { closing: true });
    await session.abort();
  });
});
