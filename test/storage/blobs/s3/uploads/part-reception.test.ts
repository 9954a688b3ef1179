// An append whose lease is lost while it waits for the bucket: it ends, and holds nothing.
import { readdir, readlink } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { sampleBytes, sourceOf } from "../../../../contracts/blob-store-under-test.ts";
import type { Fault } from "../../../../support/s3/fault-rule.ts";
import type { S3Operation } from "../../../../support/s3/s3-operation.ts";
import { strictStore } from "../strict-store.ts";

const mebibyte = 1024 * 1024;
const sha256 = { algorithms: ["sha256"] } as const;
const crawl: Fault = { fault: "slow-bytes", bytesPerSecond: 3 * mebibyte };

async function openFilesBelow(directory: string): Promise<string[]> {
  const descriptors = await readdir("/proc/self/fd");
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(directory));
}

const waits: readonly [string, S3Operation, number][] = [
  ["the tail is read", "GetObject", 0],
  ["a part is sent", "UploadPart", 12 * mebibyte],
  ["the rest is kept", "PutObject", mebibyte],
];

describe("an append whose lease is lost", () => {
  it.each(waits)("while %s holds nothing, and can be aborted", async (_, operation, size) => {
    const { store, proxy, options, open, leftovers } = await strictStore({ partBytes: 5 * mebibyte });
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(sampleBytes(mebibyte)), 0);
    const resumed = await (await open()).resumeUpload(session.state);
    proxy.inject({ ...crawl, operation });
    const lost = new Error("the lease is lost");
    const checkpoint = (): Promise<void> => Promise.reject(lost);
    const append = resumed!.append(sourceOf(sampleBytes(size, 2)), mebibyte, {
      checkpoint,
      checkpointMilliseconds: 20,
    });
    await expect(append).rejects.toBe(lost);
    await vi.waitFor(async () => expect(await openFilesBelow(options.spoolDirectory)).toEqual([]), 10_000);
    await resumed!.abort();
    expect(leftovers()).toEqual([]);
  });
});
