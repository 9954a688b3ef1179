// Which uploads count as left behind: those of which no piece, wherever it lies, was written of late.
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../../../storage/digest.ts";
import { contentOf, never, sampleBytes, sourceOf } from "../../../../contracts/blob-store-under-test.ts";
import { strictStore } from "../strict-store.ts";

const minute = 60_000;

describe("an upload that somebody still writes to", () => {
  it("keeps the pieces that are old, and goes on also where it was begun", async () => {
    const clock = { now: Date.now() - 10 * minute };
    const part = 4096;
    const { store, open, leftovers } = await strictStore(
      { partBytes: part },
      { minPartBytes: 1, now: () => clock.now },
    );
    const bytes = sampleBytes(part * 700);
    const begun = await store.startUpload(sha256);
    await begun.append(sourceOf(bytes.subarray(0, part * 620)), 0);
    clock.now = Date.now();
    const elsewhere = await open();
    const session = await elsewhere.resumeUpload(begun.state);
    await session!.append(sourceOf(bytes.subarray(part * 620)), part * 620);
    const later = new Date(Date.now() - 5 * minute);
    for (const sweeper of [store, elsewhere]) expect(await sweeper.removeStaleUploads(later, never)).toBe(0);
    const { locator } = await (await store.resumeUpload(session!.state))!.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    expect(leftovers()).toEqual([]);
  });
});

const sha256 = { algorithms: ["sha256"] } as const;
