// A disk that gives bytes back no more: every read of one file fails, by the operation itself. That is damage of this blob;
// whatever else an operation may fail with says nothing about the bytes, and nothing is marked for it.
import { describe, expect, it } from "vitest";
import { Fsck, type FsckParts } from "../../../../src/jobs/fsck/fsck.ts";
import { Scrub } from "../../../../src/jobs/scrub/scrub.ts";
import { FilesystemBlobStore } from "../../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import type { BlobRecord } from "../../../../storage/metadata/records.ts";
import { randomBlob } from "../../../support/images.ts";
import { observedFiles, systemError } from "../../../storage/blobs/filesystem/observed-files.ts";
import { never, storageAtHand, type StorageAtHand } from "../storage-fixture.ts";

/** One that is read at once when it is opened, and one that is streamed. */
const sizes = [1000, 600_000];

/** The same store on a disk where these operations on the blob's file fail so. */
function failing(
  storage: StorageAtHand,
  { locator }: BlobRecord,
  names: readonly string[],
  code: string,
): FsckParts {
  const file = storage.pathOf({ locator });
  const operations = observedFiles(({ name, path }) => {
    if (path === file && names.includes(name)) throw systemError(code);
  });
  return partsOf(storage, new FilesystemBlobStore(storage.directory, operations));
}

function partsOf({ metadata, blobStore: sound }: StorageAtHand, blobStore = sound): FsckParts {
  return {
    ...{ blobStore, metadata, expirySeconds: 60, readingGraceMilliseconds: 1 },
    ...{ now: Date.now, pause: async () => undefined },
  };
}

const check = (parts: FsckParts, repair = true, digests = true) =>
  new Fsck(parts, { repair, digests, graceSeconds: 86_400, signal: never }).run();

async function scrub(parts: FsckParts): Promise<string[]> {
  const told: string[] = [];
  const onDamaged = ({ digest }: BlobRecord, { kind }: { kind: string }) => told.push(`${kind} ${digest}`);
  const onProblem = (error: unknown, { digest }: BlobRecord) => told.push(`${String(error)} ${digest}`);
  const settings = { bytesPerSecond: 1e9, everyDays: 30, newId: () => "pass" };
  await new Scrub({ ...parts, ...settings, onDamaged, onProblem }).run(never);
  return told;
}

async function twoBlobs(size: number) {
  const storage = await storageAtHand();
  const content = randomBlob(size);
  const [sound, bad] = [await storage.push(randomBlob(size)), await storage.push(content)];
  return { storage, content, sound, bad };
}

describe.each(sizes)("a blob of %i bytes whose reads fail", (size) => {
  it("is found, absent, kept apart as it is, and healed by a push", async () => {
    const { storage, content, sound, bad } = await twoBlobs(size);
    const parts = failing(storage, bad, ["read"], "EIO");
    const finding = { kind: "unreadable", digest: bad.digest, repositories: ["team/app"] };
    const looked = await check(parts, false);
    expect(looked).toMatchObject({ found: 1, counts: { unreadable: 1 }, repaired: false });
    expect(looked.findings).toMatchObject([{ ...finding, reason: "EIO: made for a test" }]);
    expect(await storage.metadata.blobLinks.locate(bad.digest)).toEqual(bad);
    expect((await check(parts, true, false)).found).toBe(0);

    const repaired = await check(parts);
    expect(repaired.findings).toMatchObject([{ ...finding, refetched: false }]);
    expect(repaired).toMatchObject({ counts: { unreadable: 1 }, quarantined: { objects: 1, bytes: size } });
    expect(await storage.metadata.blobLinks.locate(bad.digest)).toBeUndefined();
    expect(await storage.metadata.blobLinks.locate(sound.digest)).toEqual(sound);
    await storage.push(content);
    expect(await storage.pushed(bad)).toEqual(content);
    expect(await check(parts)).toMatchObject({ found: 0, damaged: 0 });
  });

  it("is damage to the scrub, too, and the pass comes to its end", async () => {
    const { storage, bad, sound } = await twoBlobs(size);
    expect(await scrub(failing(storage, bad, ["read"], "EIO"))).toEqual([`unreadable ${bad.digest}`]);
    expect(await storage.metadata.blobLinks.locate(bad.digest)).toBeUndefined();
    expect(await storage.metadata.blobLinks.locate(sound.digest)).toEqual(sound);
  });

  it("is not damaged when they fail for want of rights or of handles: the check ends, the scrub passes over", async () => {
    const { storage, bad } = await twoBlobs(size);
    for (const code of ["EACCES", "EMFILE"]) {
      const parts = failing(storage, bad, ["read"], code);
      await expect(check(parts)).rejects.toThrow(code);
    }
    expect(await scrub(failing(storage, bad, ["open"], "EACCES"))).toEqual([
      `Error: EACCES: made for a test ${bad.digest}`,
    ]);
    expect(await storage.metadata.blobLinks.locate(bad.digest)).toEqual(bad);
    expect(await check(partsOf(storage))).toMatchObject({ found: 0, damaged: 0 });
  });
});

describe("a disk that does not even let bytes be moved", () => {
  it("leaves them where they are, marked, until it does", async () => {
    const { storage, bad } = await twoBlobs(1000);
    const { findings, quarantined } = await check(failing(storage, bad, ["read", "rename"], "EIO"));
    expect(findings).toMatchObject([{ kind: "unreadable", quarantined: undefined }]);
    expect(quarantined).toEqual({ objects: 0, bytes: 0 });
    expect(await storage.metadata.blobLinks.locate(bad.digest)).toBeUndefined();
    const still = await check(failing(storage, bad, ["read"], "EIO"));
    expect(still).toMatchObject({ found: 0, damaged: 1, quarantined: { objects: 1, bytes: 1000 } });
  });

  it("is told sound again, when it was a disk that was away", async () => {
    const { storage, content, bad } = await twoBlobs(1000);
    await check(failing(storage, bad, ["read", "rename"], "EIO"));
    expect(await check(partsOf(storage))).toMatchObject({ counts: { recovered: 1 }, damaged: 0 });
    expect(await storage.pushed(bad)).toEqual(content);
  });
});
