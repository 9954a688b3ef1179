// What an upload reads back from the bucket: to its last byte, or not at all.
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../../../storage/digest.ts";
import { contentOf, sampleBytes, sourceOf } from "../../../../contracts/blob-store-under-test.ts";
import type { Fault } from "../../../../support/s3/fault-rule.ts";
import { strictStore } from "../strict-store.ts";

const mebibyte = 1024 * 1024;
const sha256 = { algorithms: ["sha256"] } as const;

const faults: readonly Fault[] = [
  { fault: "reset-during-response", afterBytes: 100_000 },
  { fault: "silence-during-response", afterBytes: 100_000 },
];

describe("a tail", () => {
  it.each(faults)("is read to its end when the bucket's answer meets $fault", async (fault) => {
    const { store, proxy, open } = await strictStore({ patience: { answerMilliseconds: 400 } });
    const bytes = sampleBytes(2 * mebibyte);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes.subarray(0, mebibyte)), 0);
    const rule = proxy.inject({ ...fault, operation: "GetObject", keyPrefix: "uploads/", times: 1 });
    const resumed = await (await open()).resumeUpload(session.state);
    await resumed!.append(sourceOf(bytes.subarray(mebibyte)), mebibyte);
    const { locator } = await resumed!.commit(digestOf(bytes));
    expect(rule.hits).toBe(1);
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });
});

describe("the ETags that a row had no room for", () => {
  it("are read to their end when the bucket falls silent in the middle", async () => {
    const part = 4096;
    const patience = { answerMilliseconds: 1000, circuitFailures: 100, attempts: 8 };
    const { store, proxy } = await strictStore({ partBytes: part, patience }, { minPartBytes: 1 });
    const bytes = sampleBytes(part * 620);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes), 0);
    const rule = proxy.inject({
      ...{ fault: "silence-during-response", afterBytes: 1000 },
      ...{ operation: "GetObject", keyPrefix: "uploads/", times: 1 },
    });
    const { locator } = await session.commit(digestOf(bytes));
    expect(rule.hits).toBe(1);
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
  });
});
