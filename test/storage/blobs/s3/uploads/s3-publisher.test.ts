// Commits that the bucket refuses or interrupts: either the upload stays as it was, or nothing of it is left.
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../../../storage/digest.ts";
import { contentOf, sampleBytes, sourceOf } from "../../../../contracts/blob-store-under-test.ts";
import { strictStore } from "../strict-store.ts";

const mebibyte = 1024 * 1024;
const sha256 = { algorithms: ["sha256"] } as const;
const small = { partBytes: 5 * mebibyte, patience: { pauseMilliseconds: 1, attempts: 2 } } as const;

describe("a commit", () => {
  it.each([10, 6 * mebibyte])(
    "of %i bytes whose index is refused for good leaves nothing in the bucket",
    async (size) => {
      const { store, server, proxy } = await strictStore(small);
      const bytes = sampleBytes(size);
      const session = await store.startUpload(sha256);
      await session.append(sourceOf(bytes), 0);
      proxy.inject({ fault: "400", operation: "PutObject", keyPrefix: "index/" });
      await expect(session.commit(digestOf(bytes))).rejects.toMatchObject({ status: 400 });
      expect(server.objects()).toEqual([]);
      expect(server.multipartUploads()).toEqual([]);
    },
  );

  it("that could not read what it has to check leaves the upload for a later one", async () => {
    const { store, proxy, open, leftovers } = await strictStore(small);
    const bytes = sampleBytes(12 * mebibyte);
    const first = await store.startUpload(sha256);
    await first.append(sourceOf(bytes.subarray(0, 6 * mebibyte)), 0);
    const session = await (await open()).resumeUpload(first.state);
    await session!.append(sourceOf(bytes.subarray(6 * mebibyte)), 6 * mebibyte);
    const { state } = session!;
    const rule = proxy.inject({ fault: "reset-during-response", afterBytes: 0, operation: "GetObject" });
    await expect(session!.commit(digestOf(bytes))).rejects.toMatchObject({ code: "busy" });
    rule.remove();
    const later = await (await open()).resumeUpload(state);
    const { locator } = await later!.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    expect(leftovers()).toEqual([]);
  });
});
