// The folder of the spool, which others may remove: parts wait in files without a name, so that it always looks empty.
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { newUploadId } from "../../../../../storage/blobs/upload-id.ts";
import { Spool } from "../../../../../storage/blobs/s3/uploads/spool.ts";
import { sampleBytes } from "../../../../contracts/blob-store-under-test.ts";
import { scratchDirectory } from "../../../../support/scratch-directory.ts";

/** More than stays in memory. */
const bytes = sampleBytes(600_000);

async function spooled(spool: Spool): Promise<Buffer> {
  const part = spool.startPart();
  try {
    await part.append(bytes);
    await part.settle();
    const opened = part.open();
    return Buffer.isBuffer(opened) ? opened : await buffer(opened);
  } finally {
    await part.close();
  }
}

it("a spool takes parts again after its folder was removed", async () => {
  const folder = path.join(await scratchDirectory(), "spool");
  const spool = new Spool(folder, newUploadId);
  expect((await spooled(spool)).equals(bytes)).toBe(true);
  await rm(folder, { recursive: true });
  expect((await spooled(spool)).equals(bytes)).toBe(true);
});

it("a spool takes parts as soon as its folder can be made", async () => {
  const taken = path.join(await scratchDirectory(), "taken");
  await writeFile(taken, "a file where the folder should be");
  const spool = new Spool(path.join(taken, "spool"), newUploadId);
  await expect(spooled(spool)).rejects.toMatchObject({ code: "ENOTDIR" });
  await rm(taken);
  expect((await spooled(spool)).equals(bytes)).toBe(true);
});
