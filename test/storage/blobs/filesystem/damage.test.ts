// Names that must lead nowhere, and objects that somebody damaged behind the store's back (REQ-23).
import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  contentOf,
  listed,
  put,
  sampleBytes,
  sourceOf,
  writtenBy,
} from "../../../contracts/blob-store-under-test.ts";
import type { Locator } from "../../../../storage/blobs/stored-object.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { StoreDirectory } from "./store-directory.ts";

describe("the filesystem store, handled badly", () => {
  let directory: StoreDirectory;
  const pathOf = (locator: Locator): string => path.join(directory.path, "blobs", locator);

  beforeEach(async () => (directory = await StoreDirectory.create()));
  afterEach(async () => {
    expect(await directory.leftovers()).toEqual([]);
    await directory.remove();
  });

  it("lays objects out as the drawing says", async () => {
    const { locator } = await put(directory.open(), Buffer.from("hello"));
    expect(locator).toMatch(
      /^sha256\/2c\/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\.[0-9a-f]{32}$/,
    );
    expect(await directory.files()).toEqual([`blobs/${locator}`]);
    expect((await readFile(pathOf(locator))).toString()).toBe("hello");
  });

  it.each([
    "../secret",
    "../../secret",
    `sha256/ab/../../../secret`,
    `sha256/00/${"ab".repeat(32)}.${"0".repeat(32)}`,
    `sha256/ab/${"ab".repeat(32)}.${"0".repeat(32)}/../../../../secret`,
    `sha512/ab/${"ab".repeat(32)}.${"0".repeat(32)}`,
    "/etc/passwd",
    "",
  ])("knows no object by the locator %j, and deletes nothing by it", async (text) => {
    const locator = text as Locator;
    const store = directory.open();
    const secret = path.join(directory.path, "secret");
    await writeFile(secret, "keep me");
    expect(await store.stat(locator)).toBeUndefined();
    expect(await store.read(locator)).toBeUndefined();
    await store.delete([locator]);
    expect((await readFile(secret)).toString()).toBe("keep me");
    await rm(secret);
  });

  it.each([
    ["an id that leads out of the directory", (state: object) => ({ ...state, id: "../blobs/../secret" })],
    ["an offset below zero", (state: object) => ({ ...state, offset: -1 })],
    ["an offset that is no number", (state: object) => ({ ...state, offset: "3" })],
    ["an offset beyond the file", (state: object) => ({ ...state, offset: 6 })],
    [
      "a digest of another algorithm",
      (state: object) => ({ ...state, digests: { sha256: digestOf(Buffer.alloc(0), "sha512") } }),
    ],
    ["an unknown algorithm", (state: object) => ({ ...state, digests: { md5: "x" } })],
    ["no digests", (state: object) => ({ ...state, digests: {} })],
  ])("resumes no upload from a state with %s", async (_what, manipulate) => {
    await writeFile(path.join(directory.path, "secret"), "abc");
    const store = directory.open();
    const session = await store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(Buffer.from("12345")), 0);
    const manipulated = JSON.stringify(manipulate(JSON.parse(session.state) as object));
    expect(await store.resumeUpload(manipulated)).toBeUndefined();
    await session.abort();
    await rm(path.join(directory.path, "secret"));
  });

  it.each([
    ["cut", 1000],
    ["emptied", 0],
    ["doubled", 200_000],
  ])("tells the true size of an object that was %s", async (_how, size) => {
    const store = directory.open();
    const bytes = sampleBytes(100_000);
    const { locator } = await put(store, bytes);
    await writeFile(pathOf(locator), Buffer.concat([bytes, bytes]).subarray(0, size));
    expect(await store.stat(locator)).toEqual({ size });
    expect(await contentOf(store, locator)).toHaveLength(size);
    expect(await listed(store)).toMatchObject([{ locator, size }]);
  });

  it.each([0, 100_000, 2_000_000])(
    "ends in an error when an open object is cut to %i bytes",
    async (left) => {
      const store = directory.open();
      const { locator } = await put(store, sampleBytes(5_000_000));
      const written = await store.read(locator);
      const streamed = await store.read(locator);
      await truncate(pathOf(locator), left);
      await expect(writtenBy(written!)).rejects.toThrow("before its recorded end");
      await expect(buffer(streamed!.stream())).rejects.toThrow("before its recorded end");
    },
  );

  it("ends an upload whose file was cut behind its back, rather than publish a hole", async () => {
    const store = directory.open();
    const bytes = sampleBytes(5000);
    const session = await store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes), 0);
    const [file] = await directory.leftovers();
    await truncate(path.join(directory.path, file!), 100);
    await expect(session.append(sourceOf(bytes), 5000)).rejects.toMatchObject({ code: "gone" });
    await expect(session.commit(digestOf(bytes))).rejects.toMatchObject({ code: "gone" });
    expect(await listed(store)).toEqual([]);
  });

  it("goes on when somebody removed the shard folders of a running store", async () => {
    const store = directory.open();
    const bytes = sampleBytes(5000);
    await put(store, bytes);
    await rm(path.join(directory.path, "blobs", "sha256"), { recursive: true });
    const { locator } = await put(store, bytes);
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });

  it("lists and sweeps around things that are not its own", async () => {
    const store = directory.open();
    const { locator } = await put(store, Buffer.from("own"));
    const strange = ["blobs/sha256/README", "blobs/sha256/zz/x", "uploads/lost+found"];
    await mkdir(path.join(directory.path, "blobs/sha256/zz"));
    for (const name of strange) await writeFile(path.join(directory.path, name), "strange");
    expect((await listed(store)).map((object) => object.locator)).toEqual([locator]);
    expect(await store.removeStaleUploads(new Date(Date.now() + 1e6), new AbortController().signal)).toBe(0);
    for (const name of strange) await rm(path.join(directory.path, name));
  });
});
