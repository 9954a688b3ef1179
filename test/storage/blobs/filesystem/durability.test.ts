// What the filesystem store asks of the disk, and in which order: read from the trace of its file operations.
import path from "node:path";
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentOf, put, sampleBytes, sourceOf } from "../../../contracts/blob-store-under-test.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { observedFiles, type FileStep } from "./observed-files.ts";
import { StoreDirectory } from "./store-directory.ts";

describe("the filesystem store's way to the disk", () => {
  let directory: StoreDirectory;
  let steps: FileStep[];
  const observed = observedFiles((step) => void steps.push(step));
  const trace = (): string[] =>
    steps.map(
      ({ name, path: file }) =>
        `${name} ${path.relative(directory.path, file).replace(/[0-9a-f]{32,}/g, "*")}`,
    );
  const bytesRead = (): number =>
    steps.filter(({ name }) => name === "read").reduce((sum, { length }) => sum + length, 0);

  beforeEach(async () => {
    directory = await StoreDirectory.create();
    steps = [];
  });
  afterEach(async () => {
    expect(await directory.leftovers()).toEqual([]);
    await directory.remove();
  });

  it("makes content durable before the name, and the name before commit resolves", async () => {
    const bytes = Buffer.from("hello");
    const shard = `blobs/sha256/${digestOf(bytes).slice(7, 9)}`;
    await put(directory.open(observed), bytes);
    expect(trace().filter((step) => !/^(stat|close) /.test(step))).toEqual([
      "open uploads/*",
      "open uploads/*",
      "write uploads/*",
      "datasync uploads/*",
      "open uploads/*",
      "sync uploads/*",
      "mkdir blobs/sha256",
      "open blobs",
      "sync blobs",
      `mkdir ${shard}`,
      "open blobs/sha256",
      "sync blobs/sha256",
      "rename uploads/*",
      `open ${shard}`,
      `sync ${shard}`,
    ]);
  });

  it("takes the same few steps to commit 1 KiB and 20 MiB", async () => {
    const store = directory.open(observed);
    const traces: string[][] = [];
    for (const size of [1024, 20 * 1024 * 1024]) {
      const bytes = sampleBytes(size);
      await put(store, bytes);
      const session = await store.startUpload({ algorithms: ["sha256"] });
      await session.append(sourceOf(bytes), 0);
      steps = [];
      await session.commit(digestOf(bytes));
      traces.push(steps.map(({ name }) => name));
    }
    expect(traces[0]).toEqual(["open", "stat", "sync", "close", "rename", "open", "sync", "close"]);
    expect(traces[1]).toEqual(traces[0]);
  });

  it("reads nothing when start, append and commit happen in three processes", async () => {
    const bytes = sampleBytes(3_000_000);
    const started = await directory.open(observed).startUpload({ algorithms: ["sha256", "sha512"] });
    const appended = await directory.open(observed).resumeUpload(started.state);
    await appended!.append(sourceOf(bytes), 0);
    const closed = await directory.open(observed).resumeUpload(appended!.state);
    await closed!.commit(digestOf(bytes, "sha512"));
    expect(bytesRead()).toBe(0);
  });

  it("reads nothing when one process resumes between any two appends", async () => {
    const bytes = sampleBytes(3_000_000);
    const store = directory.open(observed);
    let { state } = await store.startUpload({ algorithms: ["sha256"] });
    for (let at = 0; at < bytes.length; at += 1_000_000) {
      const session = await store.resumeUpload(state);
      await session!.append(sourceOf(bytes.subarray(at, at + 1_000_000)), at);
      ({ state } = session!);
    }
    await (await store.resumeUpload(state))!.commit(digestOf(bytes));
    expect(bytesRead()).toBe(0);
  });

  it("reads what is stored once when another process goes on", async () => {
    const bytes = sampleBytes(3_000_000);
    const session = await directory.open().startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes.subarray(0, 2_000_000)), 0);
    const store = directory.open(observed);
    const resumed = await store.resumeUpload(session.state);
    await resumed!.append(sourceOf(bytes.subarray(2_000_000, 2_500_000)), 2_000_000);
    await resumed!.append(sourceOf(bytes.subarray(2_500_000)), 2_500_000);
    await resumed!.commit(digestOf(bytes));
    expect(bytesRead()).toBe(2_000_000);
  });

  it("reads everything once for a commit by an algorithm that nobody announced", async () => {
    const bytes = sampleBytes(3_000_000);
    const session = await directory.open(observed).startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes), 0);
    await session.commit(digestOf(bytes, "sha512"));
    expect(bytesRead()).toBe(bytes.length);
  });

  it("does not trust a running hash of another offset", async () => {
    const bytes = sampleBytes(1000);
    const store = directory.open();
    const session = await store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes.subarray(0, 500)), 0);
    const { state } = session;
    await session.append(sourceOf(Buffer.from("to be dropped")), 500);
    const resumed = await store.resumeUpload(state);
    await resumed!.append(sourceOf(bytes.subarray(500)), 500);
    const { locator } = await resumed!.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it("ends the re-reading of a resumed upload on abort, and calls checkpoint meanwhile", async () => {
    const session = await directory.open().startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(sampleBytes(6_000_000)), 0);
    const controller = new AbortController();
    let release: () => void = () => undefined;
    const checkpointed = new Promise<void>((resolve) => (release = resolve));
    const slow = observedFiles(async (step) => {
      steps.push(step);
      if (step.name === "read" && bytesRead() > 2_097_152) await checkpointed;
    });
    const resumed = await directory.open(slow).resumeUpload(session.state);
    const checkpoint = async (): Promise<void> => {
      expect(resumed!.offset).toBe(6_000_000);
      controller.abort();
    };
    const interval = setInterval(release, 20);
    const append = resumed!.append(sourceOf(Buffer.from("more")), 6_000_000, {
      signal: controller.signal,
      checkpoint,
      checkpointMilliseconds: 1,
    });
    await expect(append).rejects.toMatchObject({ code: "interrupted" });
    clearInterval(interval);
    expect(bytesRead()).toBeLessThan(6_000_000);
    await resumed!.abort();
  });

  it("keeps the reading of a file within two buffers of a destination that takes nothing", async () => {
    const { locator } = await put(directory.open(), sampleBytes(16 * 1024 * 1024));
    let resume: (() => void) | undefined;
    let received = 0;
    const destination = new Writable({
      write(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        if (resume) done();
        else resume = done;
      },
    });
    const body = await directory.open(observed).read(locator);
    const writing = body!.writeTo(destination, new AbortController().signal);
    while (bytesRead() < 2 * 1024 * 1024) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(bytesRead()).toBe(2 * 1024 * 1024);
    resume?.();
    await writing;
    expect(received).toBe(16 * 1024 * 1024);
  });

  it("takes no more from a source than two buffers while the disk stands still", async () => {
    let release: () => void = () => undefined;
    const standstill = new Promise<void>((resolve) => (release = resolve));
    let writes = 0;
    const stuck = observedFiles(async ({ name }) => {
      if (name !== "write") return;
      writes += 1;
      await standstill;
    });
    let delivered = 0;
    const chunk = sampleBytes(64 * 1024);
    const source = new Readable({
      read() {
        delivered += chunk.length;
        this.push(delivered <= 16 * 1024 * 1024 ? chunk : null);
      },
    });
    const session = await directory.open(stuck).startUpload({ algorithms: ["sha256"] });
    const append = session.append(source, 0);
    while (writes === 0) await new Promise(setImmediate);
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(delivered).toBeLessThan(2.5 * 1024 * 1024);
    release();
    await append;
    expect(session.offset).toBe(16 * 1024 * 1024);
    await session.abort();
  });
});
