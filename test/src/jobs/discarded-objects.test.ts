// Bytes that lost their row go, those of blobs stay, and a crash in between does no harm.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DiscardedObjects } from "../../../src/jobs/discarded-objects.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { randomBlob } from "../../support/images.ts";
import { testRegistry } from "../../support/test-registry.ts";

async function start() {
  const registry = await testRegistry();
  const directory = join(registry.dataDirectory, "blobs");
  const metadata = await openMetadataStore({
    kind: "sqlite",
    path: join(registry.dataDirectory, "berth.sqlite"),
  });
  onTestFinished(() => metadata.close());
  const blobStore = await openBlobStore({ kind: "filesystem", directory });
  const job = new DiscardedObjects({
    blobStore,
    metadata,
    everySeconds: 5,
    now: () => Date.now() + 3_600_000,
  });
  const files = async () => {
    const entries = await readdir(join(directory, "blobs"), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };
  return { registry, metadata, blobStore, job, files };
}

describe("discarded objects", () => {
  it("are deleted, over several batches, and each blob keeps its bytes", async () => {
    const { registry, metadata, job, files } = await start();
    const contents = Array.from({ length: 3 }, () => randomBlob());
    const pushes = Array.from({ length: 250 }, (_, n) =>
      registry.client.pushBlob(`twice/r${n % 2}`, contents[n % 3]!),
    );
    await Promise.all(pushes);
    await job.run(new AbortController().signal);
    expect(await files()).toBe(3);
    expect(await metadata.discardedObjects.list(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    for (const content of contents) {
      const digest = await registry.client.pushBlob("twice/r0", content);
      const blob = await registry.client.send("GET", `/v2/twice/r0/blobs/${digest}`);
      expect(blob.body.equals(content)).toBe(true);
    }
  });

  it("go although one before them can't, and that is told", async () => {
    const { registry, metadata, job, files } = await start();
    const content = randomBlob();
    for (let n = 0; n < 4; n++) await registry.client.pushBlob("twice/app", content);
    const [stuck] = await metadata.discardedObjects.list(Number.MAX_SAFE_INTEGER, 10);
    const file = join(registry.dataDirectory, "blobs", "blobs", stuck ?? "");
    await rm(file);
    await mkdir(file);
    await expect(job.run(new AbortController().signal)).rejects.toThrow(/EISDIR|EPERM/);
    expect(await metadata.discardedObjects.list(Number.MAX_SAFE_INTEGER, 10)).toEqual([stuck]);
    expect(await files()).toBe(1);
  });

  it("that were deleted before a crash are forgotten by the next run", async () => {
    const { registry, metadata, blobStore, job, files } = await start();
    const content = randomBlob();
    for (let n = 0; n < 3; n++) await registry.client.pushBlob("twice/app", content);
    const due = await metadata.discardedObjects.list(Number.MAX_SAFE_INTEGER, 10);
    expect(due).toHaveLength(2);
    await blobStore.delete(due);
    await job.run(new AbortController().signal);
    expect(await files()).toBe(1);
    expect(await metadata.discardedObjects.list(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });
});
