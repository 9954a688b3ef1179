// An append whose lease is lost while it waits for the bucket: it ends, and holds nothing.
import { readdir, readlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { sampleBytes, sourceOf } from "../../../../contracts/blob-store-under-test.ts";
import type { S3Operation } from "../../../../support/s3/s3-operation.ts";
import { strictStore } from "../strict-store.ts";

const mebibyte = 1024 * 1024;
const sha256 = { algorithms: ["sha256"] } as const;

async function openFilesBelow(directory: string): Promise<string[]> {
  const descriptors = await readdir("/proc/self/fd");
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(directory));
}

interface Wait {
  readonly what: string;
  readonly operation: S3Operation;
  readonly bytesPerSecond: number;
  /** Before the append that loses its lease, and of it. */
  readonly sizes: readonly [number, number];
}

const waits: readonly Wait[] = [
  { what: "the tail is read", operation: "GetObject", bytesPerSecond: 3e6, sizes: [mebibyte, 0] },
  { what: "a part is sent", operation: "UploadPart", bytesPerSecond: 1e7, sizes: [mebibyte, 12 * mebibyte] },
  { what: "the rest is kept", operation: "PutObject", bytesPerSecond: 3e6, sizes: [0, mebibyte] },
  { what: "parts begin", operation: "CreateMultipartUpload", bytesPerSecond: 500, sizes: [0, 6 * mebibyte] },
];

describe("an append whose lease is lost", () => {
  it.each(waits)("while $what holds nothing, and can be aborted", async ({ sizes, ...slow }) => {
    const { store, proxy, options, open, leftovers } = await strictStore({ partBytes: 5 * mebibyte });
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(sampleBytes(sizes[0])), 0);
    const resumed = await (await open()).resumeUpload(session.state);
    const rule = proxy.inject({ fault: "slow-bytes", ...slow });
    const lost = new Error("the lease is lost");
    const checkpoint = async (): Promise<void> => {
      if (rule.hits > 0) throw lost;
    };
    const append = resumed!.append(sourceOf(sampleBytes(sizes[1], 2)), sizes[0], {
      checkpoint,
      checkpointMilliseconds: 20,
    });
    await expect(append).rejects.toBe(lost);
    await resumed!.abort();
    await expect.poll(() => openFilesBelow(options.spoolDirectory)).toEqual([]);
    expect(leftovers()).toEqual([]);
  });
});
