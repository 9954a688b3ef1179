// What UploadOptions.whole promises: an upload that comes in one append ends as any other does.
import { expect, it } from "vitest";
import { digestOf } from "../../storage/digest.ts";
import {
  brokenSource,
  contentOf,
  sampleBytes,
  sourceOf,
  type BlobStoreUnderTest,
} from "./blob-store-under-test.ts";

export function wholeUploads(under: () => BlobStoreUnderTest): void {
  const start = () => under().store.startUpload({ algorithms: ["sha256"], whole: true });

  it.each([0, 1, 10_240, 2_500_000])("is an object of its %i bytes", async (size) => {
    const bytes = sampleBytes(size);
    const session = await start();
    await session.append(sourceOf(bytes), 0, { closing: true });
    const { locator } = await session.commit(digestOf(bytes));
    expect((await contentOf(under().store, locator))?.equals(bytes)).toBe(true);
  });

  it("is the empty object when nothing came", async () => {
    const nothing = Buffer.alloc(0);
    const { locator } = await (await start()).commit(digestOf(nothing));
    expect((await contentOf(under().store, locator))?.equals(nothing)).toBe(true);
  });

  it("is refused when it is not what was said, and leaves nothing", async () => {
    const session = await start();
    await session.append(sourceOf(sampleBytes(1000)), 0, { closing: true });
    await expect(session.commit(digestOf(Buffer.alloc(0)))).rejects.toMatchObject({ code: "digest" });
    await session.abort();
  });

  it("leaves nothing when it breaks off, or never begins", async () => {
    const broken = await start();
    const source = brokenSource(sampleBytes(1000));
    await expect(broken.append(source, 0, { closing: true })).rejects.toMatchObject({ code: "interrupted" });
    await broken.abort();
    await (await start()).abort();
  });
}
