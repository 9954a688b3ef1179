// `berth fsck` as an operator sees it: text, JSON, exit codes, progress.
import { existsSync } from "node:fs";
import { readdir, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { randomBlob } from "../../../support/images.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { putObject } from "../../jobs/storage-fixture.ts";
import { registryAtHand } from "../registry-at-hand.ts";
import { movingRegistry, type MovingRegistry } from "../storage/moving-registry.ts";

async function filled(blobs: number): Promise<MovingRegistry & { readonly url: string }> {
  const registry = await movingRegistry();
  const server = await registry.serve("source");
  onTestFinished(() => server.close());
  await registry.push(server.url, blobs);
  return { ...registry, url: server.url };
}

async function anOldOrphan(source: string): Promise<string> {
  const store = await openBlobStore({ kind: "filesystem", directory: source });
  const { locator } = await putObject(store, randomBlob(100));
  const then = new Date(Date.now() - 48 * 3_600_000);
  await utimes(join(source, "blobs", locator), then, then);
  return locator;
}

async function loseOne(source: string, kept: string): Promise<void> {
  const entries = await readdir(join(source, "blobs"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  await unlink(files.find((file) => !file.endsWith(kept)) ?? "");
}

describe("berth fsck", () => {
  it("exits with 0 and counts what is there, beside a server", async () => {
    const { berth } = await filled(4);
    const { code, output, errors } = await berth("fsck");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(/^objects: +4 \(\d+\.\d KiB\)\nblobs: +4\n/);
  });

  it("exits with 1 until what it finds is repaired, and a push heals the rest", async () => {
    const { berth, json, source, url, lost, pushAgain } = await filled(4);
    const orphan = await anOldOrphan(source);
    await loseOne(source, orphan);
    const { code, output, errors } = await berth("fsck");
    expect(code).toBe(1);
    expect(errors).toBe("error: 2 things are not right; berth fsck --repair mends what can be mended\n");
    expect(output).toMatch(/objects without a blob: +1 \(100 B\)\n/);
    expect(output).toContain(orphan);
    expect(await json("fsck --repair")).toMatchObject({
      ...{ objects: 4, blobs: 4, orphans: 1, orphanBytes: 100, missing: 1, wrongSize: 0, repaired: true },
      ...{ staleUploads: 0, damaged: 0 },
    });
    expect(await json("fsck")).toMatchObject({
      orphans: 0,
      missing: 0,
      damaged: 1,
      staleUploads: null,
    });
    expect(await lost(url)).toHaveLength(1);
    await pushAgain(url);
    expect(await lost(url)).toEqual([]);
    expect(await json("fsck")).toMatchObject({ orphans: 0, missing: 0, damaged: 0 });
  });

  it("leaves alone what is younger than --grace", async () => {
    const { berth, source } = await filled(1);
    await anOldOrphan(source);
    expect((await berth("fsck --grace 7d")).code).toBe(0);
    expect((await berth("fsck --grace 47h")).code).toBe(1);
    expect((await berth("fsck --grace soon")).code).toBe(2);
  });

  it("does not silently read nothing at a rate", async () => {
    const { berth } = await filled(1);
    const { code, errors } = await berth("fsck --rate 50MiB");
    expect([code, errors]).toEqual([2, expect.stringContaining("--digests")]);
  });

  it("repairs nothing in a store where nothing is known, and says why", async () => {
    const { berth, to, target } = await filled(2);
    await openBlobStore({ kind: "filesystem", directory: target });
    const { code, errors } = await berth(["fsck", "--repair", "--config", to]);
    expect(code).toBe(1);
    expect(errors).toMatch(/^error: nothing was repaired: .* none is in this blob store/);
    expect((await berth("fsck")).code).toBe(0);
  });

  it("makes no database and no directory where none is", async () => {
    const data = join(await scratchDirectory(), "none");
    const none = await registryAtHand({ data });
    expect((await none.berth("fsck")).errors).toMatch(/^There is no database at .*none\/berth\.sqlite/);
    expect(existsSync(data)).toBe(false);
    const { berth, data: there } = await registryAtHand();
    const { code, errors } = await berth("fsck --repair");
    expect(code).toBe(1);
    expect(errors).toMatch(/^error: there is no blob directory .*blobs: is a volume not mounted\?/);
    expect(existsSync(join(there, "blobs"))).toBe(false);
  });

  it("draws how far it is on a terminal, and clears it for the result", async () => {
    const { data } = await filled(3);
    let time = Date.now();
    const { berth } = await registryAtHand({ data, now: () => (time += 1000) });
    const drawn = await berth("fsck", { answers: [] });
    expect(drawn.errors).toMatch(/^(\r\u001b\[K\d objects, [^\n]* found)+\r\u001b\[K$/);
    const lines = await berth("fsck");
    expect(lines.errors.includes("\r")).toBe(false);
  });
});
