// Appends whose source was promised a length: a lie leaves nothing, a connection that breaks off leaves what arrived.
import { expect, it } from "vitest";
import { digestOf } from "../../storage/digest.ts";
import { brokenSource, contentOf, sampleBytes, sourceOf } from "./blob-store-under-test.ts";
import type { CurrentUpload } from "./copied-uploads.ts";

const bytes = sampleBytes(2_500_000);

export function promisedLengths(current: () => CurrentUpload): void {
  it.each([999_999, 1_000_001])("keeps nothing of %i bytes where 1000000 were promised", async (length) => {
    const { under, session } = current();
    await session.append(sourceOf(bytes.subarray(0, 10)), 0);
    const { state } = session;
    const lie = sourceOf(sampleBytes(length, 2));
    const append = session.append(lie, 10, { promisedBytes: 1_000_000 });
    await expect(append).rejects.toMatchObject({ code: "length" });
    expect(session.state).toBe(state);
    await session.append(sourceOf(bytes.subarray(10)), 10, { promisedBytes: bytes.length - 10 });
    const { locator } = await session.commit(digestOf(bytes));
    expect((await contentOf(under.store, locator))?.equals(bytes)).toBe(true);
  });

  it("keeps what arrived before the source broke off short of what it promised", async () => {
    const { session } = current();
    const append = session.append(brokenSource(bytes.subarray(0, 1000)), 0, { promisedBytes: 2000 });
    await expect(append).rejects.toMatchObject({ code: "interrupted" });
    expect(session.offset).toBe(1000);
  });
}
