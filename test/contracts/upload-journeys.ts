// Random ways through an upload: cut, chunked, broken off and resumed anywhere. A file of its own because it is a model
// and not a sentence.
import fc from "fast-check";
import { expect } from "vitest";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import { digestOf } from "../../storage/digest.ts";
import {
  brokenSource,
  contentOf,
  sampleBytes,
  sourceOf,
  type BlobStoreUnderTest,
} from "./blob-store-under-test.ts";

export async function checkUploadJourneys(under: BlobStoreUnderTest, persistent: boolean): Promise<void> {
  await fc.assert(
    fc.asyncProperty(journey(persistent), (steps) => follow(under, steps)),
    { numRuns: 20 },
  );
}

interface Step {
  readonly length: number;
  readonly chunkBytes: number;
  readonly ending: "clean" | "broken" | "error";
  readonly next: "same" | "resume" | "restart";
}

function journey(persistent: boolean): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record({
      length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1_500_000 })),
      chunkBytes: fc.constantFrom(97, 16_384, 65_536, 1_048_577),
      ending: fc.constantFrom("clean", "broken", "error"),
      next: fc.constantFrom("same", "resume", ...(persistent ? (["restart"] as const) : [])),
    }),
    { maxLength: 6 },
  );
}

/** Sends each step's bytes from wherever the session truly stands, and checks the object that comes of it. */
async function follow(under: BlobStoreUnderTest, steps: readonly Step[]): Promise<void> {
  const content = sampleBytes(steps.reduce((sum, { length }) => sum + length, 0));
  let store: BlobStore = under.store;
  let session = await store.startUpload({ algorithms: ["sha256"] });
  let end = 0;
  for (const { length, chunkBytes, ending, next } of steps) {
    end += length;
    const bytes = content.subarray(session.offset, end);
    const before = session.offset;
    if (ending === "clean") await session.append(sourceOf(bytes, chunkBytes), session.offset);
    else {
      const source = brokenSource(bytes, ending === "error" ? new Error("broken") : undefined);
      await expect(session.append(source, session.offset)).rejects.toMatchObject({ code: "interrupted" });
    }
    expect(session.offset).toBe(before + bytes.length);
    if (next === "restart") store = await under.reopen();
    if (next !== "same") session = (await store.resumeUpload(session.state))!;
  }
  const { locator, size } = await session.commit(digestOf(content));
  expect(size).toBe(content.length);
  expect((await contentOf(store, locator))?.equals(content)).toBe(true);
  await store.delete([locator]);
}
