// Who else may read what the store keeps, by the modes of every folder on the way.
import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { probeReaders } from "../../../../storage/blobs/filesystem/probe-readers.ts";
import { digestOf } from "../../../../storage/digest.ts";
import { Readable } from "node:stream";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

/** A store with one object, in a folder that everybody may enter. */
async function filled(): Promise<{ directory: string; shard: string; object: string }> {
  const outside = await scratchDirectory();
  const directory = join(outside, "blobs");
  const store = await openBlobStore({ kind: "filesystem", directory });
  const session = await store.startUpload({ algorithms: [] });
  await session.append(Readable.from([Buffer.from("content")]), 0);
  const { locator } = await session.commit(digestOf(Buffer.from("content")));
  const object = join(directory, "blobs", store.fileOf?.(locator) ?? "");
  expect((await stat(object)).size).toBe(7);
  const shard = join(object, "..");
  for (const folder of [outside, directory, join(directory, "blobs"), join(shard, ".."), shard])
    await chmod(folder, 0o755);
  await chmod(object, 0o644);
  return { directory, shard, object };
}

async function outcomeOf(directory: string): Promise<string> {
  const said = [];
  for await (const { outcome, detail, advice } of probeReaders(directory))
    said.push(`${outcome}: ${detail}${advice === undefined ? "" : ` → ${advice}`}`);
  return said.join("\n");
}

describe("the blobs of a store", () => {
  it("are everybody's with the usual umask", async () => {
    const { directory } = await filled();
    expect(await outcomeOf(directory)).toBe("works: everybody may read the blobs");
  });

  it("are a group's when one place on the way is", async () => {
    const { directory, shard, object } = await filled();
    const { gid } = await stat(shard);
    for (const [place, mode] of [
      [shard, 0o750],
      [object, 0o640],
    ] as const) {
      await chmod(place, mode);
      expect(await outcomeOf(directory)).toBe(`works: members of group ${gid} may read the blobs`);
    }
  });

  it.each<[string, number, (places: { directory: string; shard: string; object: string }) => string]>([
    ["a folder above", 0o700, ({ directory }) => join(directory, "..")],
    ["a shard", 0o744, ({ shard }) => shard],
    ["the file", 0o600, ({ object }) => object],
  ])("are nobody else's when %s is closed", async (_, mode, placeOf) => {
    const places = await filled();
    await chmod(placeOf(places), mode);
    const said = await outcomeOf(places.directory);
    expect(said).toContain(
      `fails: ${placeOf(places)} is its owner's alone (mode 0${mode.toString(8)}) → Let`,
    );
  });

  it("can't be told before there is one", async () => {
    const outside = await scratchDirectory();
    await chmod(outside, 0o711);
    const directory = join(outside, "blobs");
    expect(await outcomeOf(directory)).toBe("skipped: there is no store yet");
    await mkdir(join(directory, "blobs"), { recursive: true });
    expect(await outcomeOf(directory)).toMatch(/^skipped: nothing is stored yet; .* may enter the folder$/);
  });
});
