// REQ-23: blobs cut, emptied, doubled and with a flipped bit; what a pull sees, what a check and the scrub make of it, and
// how it heals. Races are forced: what others do happens between the look and the mark.
import { appendFile, mkdir, readFile, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Fsck, type FsckParts } from "../../../../src/jobs/fsck/fsck.ts";
import { Scrub, type ScrubParts } from "../../../../src/jobs/scrub/scrub.ts";
import type { BlobStore } from "../../../../storage/blobs/blob-store.ts";
import { fileOperations, type FileOperations } from "../../../../storage/blobs/filesystem/file-operations.ts";
import { FilesystemBlobStore } from "../../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import type { Locator } from "../../../../storage/blobs/stored-object.ts";
import type { BlobRecord } from "../../../../storage/metadata/records.ts";
import { contentOf } from "../../../contracts/blob-store-under-test.ts";
import { manifestOf } from "../../../contracts/metadata-store-fixture.ts";
import { randomBlob } from "../../../support/images.ts";
import { never, storageAtHand, storeWith, type StorageAtHand } from "../storage-fixture.ts";

const size = 600_000;

const faults: Record<string, (file: string) => Promise<void>> = {
  cut: (file) => truncate(file, size - 1),
  emptied: (file) => truncate(file, 0),
  doubled: async (file) => appendFile(file, await readFile(file)),
  flipped: async (file) => {
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(size / 2) ^ 1, size / 2);
    await writeFile(file, bytes);
  },
};

function partsOf({ blobStore, metadata }: StorageAtHand): FsckParts {
  return {
    ...{ blobStore, metadata, expirySeconds: 7 * 86_400, readingGraceMilliseconds: 60_000 },
    ...{ now: Date.now, pause: async () => turn() },
  };
}

function fsck(parts: FsckParts, repair = true, bytesPerSecond?: number) {
  const options = { repair, digests: true, graceSeconds: 86_400, signal: never, bytesPerSecond };
  return new Fsck(parts, options).run();
}

function scrubOver(storage: StorageAtHand, others: Partial<ScrubParts> = {}) {
  const told: string[] = [];
  let ids = 0;
  const scrub = new Scrub({
    ...partsOf(storage),
    ...{ bytesPerSecond: 1e9, everyDays: 30, newId: () => `pass ${ids++}` },
    onDamaged: ({ digest }, { kind }) => void told.push(`${kind} ${digest}`),
    onProblem: (error) => void told.push(String(error)),
    ...others,
  });
  return { scrub, told };
}

async function quarantineOf({ blobStore }: Pick<StorageAtHand, "blobStore">) {
  const kept = [];
  for await (const one of blobStore.listQuarantine(never)) kept.push(one);
  return kept;
}

describe.each(Object.entries(faults))("a blob that was %s", (how, spoil) => {
  it("is found by its bytes, kept apart, absent, and healed by a push", async () => {
    const storage = await storageAtHand();
    const content = randomBlob(size);
    const sound = await storage.push(randomBlob(1000));
    const bad = await storage.push(content);
    await spoil(storage.pathOf(bad));
    const spoiled = await readFile(storage.pathOf(bad));
    const parts = partsOf(storage);
    const looked = await fsck(parts, false);
    const kind = how === "flipped" ? "wrong-digest" : "wrong-size";
    expect(looked).toMatchObject({ found: 1, repaired: false, findings: [{ kind, digest: bad.digest }] });
    expect(await storage.metadata.blobLinks.locate(bad.digest)).toEqual(bad);
    const { findings } = await fsck(parts);
    expect(findings).toMatchObject([{ kind, digest: bad.digest, repositories: ["team/app"] }]);
    const [kept] = await quarantineOf(storage);
    expect(findings).toMatchObject([{ quarantined: kept?.place }]);
    expect((await readFile(kept?.place ?? "")).equals(spoiled)).toBe(true);
    expect(await storage.metadata.blobLinks.find("team/app", bad.digest)).toBeUndefined();
    expect(await fsck(parts)).toMatchObject({ found: 0, damaged: 1, quarantined: { objects: 1 } });
    await storage.push(content);
    expect(await storage.pushed(bad)).toEqual(content);
    expect(await storage.pushed(sound)).toBeDefined();
    expect(await fsck(parts)).toMatchObject({ found: 0, damaged: 0 });
  });

  it("is found by the scrub, too", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob(1000));
    const bad = await storage.push(randomBlob(size));
    await spoil(storage.pathOf(bad));
    const { scrub, told } = scrubOver(storage);
    await scrub.run(never);
    expect(told).toEqual([`${how === "flipped" ? "wrong-digest" : "wrong-size"} ${bad.digest}`]);
    expect(await storage.metadata.blobLinks.locate(bad.digest)).toBeUndefined();
    expect(await quarantineOf(storage)).toHaveLength(1);
    expect(await scrub.status()).toMatchObject({ scrubbed: { blobs: 2, damaged: 1 }, position: undefined });
  });
});

describe("a check by digests", () => {
  /** `meanwhile` happens after the bytes of `blob` were read, and before anything is concluded from it. */
  function interrupted(store: BlobStore, blob: BlobRecord, meanwhile: () => Promise<unknown>): BlobStore {
    return storeWith(store, {
      stat: async (locator) => {
        const seen = await store.stat(locator);
        if (locator === blob.locator) await meanwhile();
        return seen;
      },
    });
  }

  it.each([
    ["removed", async () => undefined],
    ["pushed again", async (storage: StorageAtHand, content: Buffer) => storage.push(content)],
  ])("says and does nothing of a blob that was %s meanwhile", async (_how, then) => {
    const storage = await storageAtHand();
    await storage.push(randomBlob(10));
    const content = randomBlob(1000);
    const blob = await storage.push(content);
    await truncate(storage.pathOf(blob), 10);
    const meanwhile = async () => {
      await storage.metadata.blobLinks.unlink("team/app", blob.digest, Date.now());
      await then(storage, content);
    };
    const blobStore = interrupted(storage.blobStore, blob, meanwhile);
    expect(await fsck({ ...partsOf(storage), blobStore })).toMatchObject({ found: 0 });
    expect(await quarantineOf(storage)).toEqual([]);
    const row = await storage.metadata.blobLinks.locate(blob.digest);
    if (row !== undefined) expect(await contentOf(storage.blobStore, row.locator)).toEqual(content);
  });

  it("moves what a kill between the mark and the move left, and takes the mark from what came back", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob(10));
    const [bad, back] = [await storage.push(randomBlob(1000)), await storage.push(randomBlob(1000))];
    await truncate(storage.pathOf(bad), 10);
    for (const { digest, locator } of [bad, back])
      expect(await storage.metadata.blobLinks.markDamaged(digest, locator)).toBe(true);
    const report = await fsck(partsOf(storage));
    expect(report.findings).toMatchObject([{ kind: "recovered", digest: back.digest }]);
    expect(report.damaged).toBe(1);
    expect(await storage.metadata.blobLinks.locate(back.digest)).toEqual(back);
    expect(await quarantineOf(storage)).toMatchObject([{ size: 10 }]);
  });

  it("fetches again what an upstream has, and says so", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob(10));
    const blob = await storage.push(randomBlob(1000));
    const { integrity } = storage.metadata;
    const metadata = {
      ...storage.metadata,
      integrity: { ...integrity, listHolders: async () => [{ repository: "docker.io/a", cached: true }] },
      ping: async () => undefined,
      close: async () => undefined,
    };
    await truncate(storage.pathOf(blob), 10);
    const asked: string[] = [];
    const refetch = async (repository: string): Promise<boolean> => asked.push(repository) > 0;
    const { findings } = await fsck({ ...partsOf(storage), metadata, refetch });
    expect(findings).toMatchObject([{ kind: "wrong-size", refetched: true }]);
    expect(asked).toEqual(["docker.io/a"]);
  });

  it.each([
    ["a link to itself", async (file: string) => symlink(file, file), {}],
    ["a directory", async (file: string) => mkdir(file), {}],
    ["a directory that seems as large", async (file: string) => mkdir(file), { size: 4096 }],
  ])(
    "takes %s in the place of an object for damage, comes to its end, and heals",
    async (_what, put, seen) => {
      const storage = await storageAtHand();
      const contents = [randomBlob(4096), randomBlob(4096), randomBlob(4096)];
      const blobs = [];
      for (const content of contents) blobs.push(await storage.push(content));
      const [bad] = blobs.sort((one, other) => one.digest.localeCompare(other.digest));
      const { blobStore } = storage;
      await unlink(storage.pathOf(bad!));
      await put(storage.pathOf(bad!));
      const stat = async (locator: Locator) => {
        const found = await blobStore.stat(locator);
        return found && locator === bad!.locator ? { ...found, ...seen } : found;
      };
      const parts = { ...partsOf(storage), blobStore: storeWith(blobStore, { stat }) };
      const { findings } = await fsck(parts);
      expect(findings).toMatchObject([{ digest: bad!.digest }]);
      for (const content of contents) await storage.push(content);
      expect(await fsck(partsOf(storage))).toMatchObject({ found: 0, damaged: 0 });
      for (const blob of blobs) expect(await storage.pushed(blob)).toBeDefined();
    },
  );

  it("comes to its end where the disk does not even say what a file is", async () => {
    const storage = await storageAtHand();
    const blobs = [await storage.push(randomBlob(10)), await storage.push(randomBlob(10))];
    const [bad] = blobs.sort((one, other) => one.digest.localeCompare(other.digest));
    const stat: FileOperations["stat"] = (async (...asked: Parameters<typeof fileOperations.stat>) => {
      if (asked[0] === storage.pathOf(bad!)) throw Object.assign(new Error("i/o error"), { code: "EIO" });
      return fileOperations.stat(...asked);
    }) as FileOperations["stat"];
    const blobStore = new FilesystemBlobStore(storage.directory, { ...fileOperations, stat });
    const report = await fsck({ ...partsOf(storage), blobStore });
    expect(report).toMatchObject({ objects: 1, findings: [{ kind: "unreadable", digest: bad!.digest }] });
    expect(await quarantineOf(storage)).toHaveLength(1);
  });

  it("keeps the rate, and gives others a turn with each piece", async () => {
    const storage = await storageAtHand();
    for (let n = 0; n < 4; n++) await storage.push(randomBlob(size));
    let waited = 0;
    const pause = async (milliseconds: number) => void (waited = Math.max(waited, milliseconds));
    const now = () => 1_800_000_000_000;
    await fsck({ ...partsOf(storage), pause, now }, false, size);
    expect(waited).toBeCloseTo(4000, 0);
  });

  it("finds a manifest of other bytes, which is absent until it is pushed again, and keeps its tag", async () => {
    const { metadata, ...storage } = await storageAtHand();
    await storage.push(randomBlob(10));
    const sound = manifestOf("team/app", "image", { tags: ["v1"] });
    await metadata.manifests.commit({ ...sound, bytes: Buffer.from("other bytes") });
    const report = await fsck(partsOf({ ...storage, metadata }));
    expect(report.findings).toMatchObject([{ kind: "manifest", digest: sound.digest }]);
    expect(await metadata.manifests.findByTag("team/app", "v1")).toBeUndefined();
    expect(await fsck(partsOf({ ...storage, metadata }))).toMatchObject({ found: 0 });
    await metadata.manifests.commit({ ...sound, tags: [] });
    expect(await metadata.manifests.findByTag("team/app", "v1")).toMatchObject({ digest: sound.digest });
  });
});

describe("the scrub", () => {
  it("goes on where it was ended, and begins anew only when it is time", async () => {
    const storage = await storageAtHand();
    for (let n = 0; n < 6; n++) await storage.push(randomBlob(1000));
    const stop = new AbortController();
    const clock = { now: 1_800_000_000_000 };
    let read = 0;
    const onRead = (bytes: number): void => {
      read += bytes;
      if (read === 3000) stop.abort(new Error("enough"));
    };
    const { scrub } = scrubOver(storage, { onRead, now: () => clock.now });
    await scrub.run(stop.signal);
    expect(await scrub.status()).toMatchObject({ scrubbed: { blobs: 2 }, endedAt: undefined });
    await scrubOver(storage, { onRead, now: () => clock.now }).scrub.run(never);
    expect(read).toBe(7000);
    expect(await scrub.status()).toMatchObject({ scrubbed: { blobs: 6 }, lastPassAt: clock.now });
    clock.now += 30 * 86_400_000 - 1;
    await scrub.run(never);
    expect(read).toBe(7000);
    clock.now += 1;
    await scrub.run(never);
    expect(read).toBe(13_000);
  });

  it("is one process's at a time", async () => {
    const storage = await storageAtHand();
    await storage.push(randomBlob(1000));
    await storage.metadata.jobLeases.take("scrub", "another", Date.now() + 60_000, Date.now());
    const { scrub } = scrubOver(storage);
    await scrub.run(never);
    expect((await scrub.status()).startedAt).toBeUndefined();
  });

  it("marks nothing where none of what is known is in the store", async () => {
    const [storage, other] = [await storageAtHand(), await storageAtHand()];
    const blob = await storage.push(randomBlob(1000));
    const { scrub, told } = scrubOver({ ...storage, blobStore: other.blobStore });
    await scrub.run(never);
    expect(told).toEqual([]);
    expect(await storage.metadata.blobLinks.locate(blob.digest)).toEqual(blob);
  });
});
