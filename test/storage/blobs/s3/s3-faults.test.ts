// Fault × operation → outcome, through a proxy that resets, refuses, crawls and lies: no byte that was acknowledged is
// lost, nothing incomplete passes for whole, and nothing is left.
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../../storage/digest.ts";
import type { S3Options } from "../../../../storage/blobs/s3/s3-options.ts";
import {
  contentOf,
  listed,
  never,
  put,
  sampleBytes,
  sourceOf,
} from "../../../contracts/blob-store-under-test.ts";
import type { Fault } from "../../../support/s3/fault-rule.ts";
import { strictStore, type StrictStore } from "./strict-store.ts";

/** Stands for a MiB: what matters is how many parts there are, and each byte passes six hands. */
const unit = 256 * 1024;
const small: Partial<S3Options> = {
  partBytes: 5 * unit,
  patience: {
    ...{
      pauseMilliseconds: 1,
      answerMilliseconds: 20_000,
      completeMilliseconds: 20_000,
      circuitFailures: 100,
    },
    ...{ slowestBytesPerSecond: 10 * unit, attempts: 8 },
  },
};
/** Where nobody answers, and somebody has to wait for it. */
const impatience: S3Options["patience"] = {
  ...{ ...small.patience, answerMilliseconds: 400, completeMilliseconds: 1000 },
  // More than faults strike: a busy machine misses these limits by itself, too.
  attempts: 12,
};
const bytes = sampleBytes(12 * unit);

/** The bucket refuses parts that are smaller than its least, as real ones do. */
function smallStore(options: Partial<S3Options> = {}): Promise<StrictStore> {
  return strictStore({ ...small, ...options }, { minPartBytes: 5 * unit });
}

function waitsFor({ fault }: Fault): Partial<S3Options> {
  return fault === "timeout" ? { patience: impatience } : {};
}

/** A push in two appends, the second by another process. */
async function push({ store, open }: StrictStore): Promise<Buffer | undefined> {
  const session = await store.startUpload({ algorithms: ["sha256"] });
  await session.append(sourceOf(bytes.subarray(0, 6 * unit)), 0);
  expect(session.offset).toBe(6 * unit);
  const resumed = await (await open()).resumeUpload(session.state);
  await resumed!.append(sourceOf(bytes.subarray(6 * unit)), 6 * unit);
  const { locator } = await resumed!.commit(digestOf(bytes));
  return await contentOf(store, locator);
}

const faults: readonly Fault[] = [
  { fault: "reset-before" },
  { fault: "reset-after-request" },
  { fault: "500" },
  { fault: "503-slowdown" },
  { fault: "timeout" },
  { fault: "slow-bytes", bytesPerSecond: 40 * unit },
];
const writes = [
  "CreateMultipartUpload",
  "UploadPart",
  "PutObject",
  "CompleteMultipartUpload",
  "DeleteObjects",
] as const;

describe("a push", () => {
  it.each(writes.flatMap((operation) => faults.map((fault) => ({ operation, ...fault }))))(
    "is whole when $operation meets $fault",
    async (injection) => {
      const around = await smallStore(waitsFor(injection));
      around.proxy.inject({ ...injection, times: 2 });
      expect((await push(around))?.equals(bytes)).toBe(true);
      const { signal } = new AbortController();
      // A Create whose answer was lost has begun an upload that nobody knows of.
      await around.store.removeStaleUploads(new Date(Date.now() + 60_000), signal);
      expect(around.leftovers()).toEqual([]);
    },
  );

  it("is whole under all faults at once, and by chance", async () => {
    const around = await smallStore({ patience: impatience });
    for (const [seed, fault] of faults.entries())
      around.proxy.inject({ ...fault, probability: 0.08, seed: seed + 1 });
    expect((await push(around))?.equals(bytes)).toBe(true);
  });

  it("is whole when Complete answers 200 with an error in the body", async () => {
    const around = await smallStore();
    around.server.behaviour.completeErrorsIn200 = 2;
    expect((await push(around))?.equals(bytes)).toBe(true);
  });

  it("hears busy while the bucket does not answer, keeps what was acknowledged, and goes on after it", async () => {
    const around = await smallStore();
    const session = await around.store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes.subarray(0, 6 * unit)), 0);
    const { state } = session;
    const rule = around.proxy.inject({ fault: "500" });
    const append = session.append(sourceOf(bytes.subarray(6 * unit)), 6 * unit);
    await expect(append).rejects.toMatchObject({ code: "busy" });
    expect(session.offset).toBe(6 * unit);
    await expect(session.commit(digestOf(bytes.subarray(0, 6 * unit)))).rejects.toMatchObject({
      code: "busy",
    });
    rule.remove();
    const resumed = await around.store.resumeUpload(state);
    await resumed!.append(sourceOf(bytes.subarray(6 * unit)), 6 * unit);
    const { locator } = await resumed!.commit(digestOf(bytes));
    expect((await contentOf(around.store, locator))?.equals(bytes)).toBe(true);
  });

  it("that is refused for good keeps no blob", async () => {
    const around = await smallStore();
    const session = await around.store.startUpload({ algorithms: ["sha256"] });
    await session.append(sourceOf(bytes), 0);
    await expect(session.commit(digestOf(Buffer.from("else")))).rejects.toMatchObject({ code: "digest" });
    expect(await listed(around.store)).toEqual([]);
    expect(around.leftovers()).toEqual([]);
  });
});

describe("a pull", () => {
  const readFaults: readonly Fault[] = [...faults, { fault: "reset-during-response", afterBytes: 75_000 }];
  it.each(readFaults)("delivers every byte when the bucket's answers meet $fault", async (fault) => {
    const { store, proxy } = await smallStore(waitsFor(fault));
    const { locator } = await put(store, bytes);
    proxy.inject({ ...fault, operation: "GetObject", times: 3 });
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    const range = { start: unit, end: 9 * unit };
    const part = await buffer((await store.read(locator, range))!.stream());
    expect(part.equals(bytes.subarray(unit, 9 * unit + 1))).toBe(true);
  });

  it("ends in an error when the bucket announced more bytes than it has", async () => {
    const { store, proxy } = await smallStore();
    const { locator } = await put(store, bytes);
    proxy.inject({ fault: "wrong-length", by: 1000, operation: "GetObject", times: 1 });
    const body = await store.read(locator);
    await expect(body!.writeTo(new PassThrough().resume(), never)).rejects.toThrow();
  });

  it("ends in an error, not in a clean end, when the rest can't be had", async () => {
    const { store, proxy } = await smallStore();
    const { locator } = await put(store, bytes);
    proxy.inject({ fault: "reset-during-response", afterBytes: 75_000, operation: "GetObject", times: 1 });
    proxy.inject({ fault: "500" });
    const body = await store.read(locator);
    await expect(body!.writeTo(new PassThrough().resume(), never)).rejects.toThrow();
  });
});
