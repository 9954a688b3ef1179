// Commits that the bucket broke off: what was acknowledged can still be committed, and an abort leaves nothing of it.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../../storage/digest.ts";
import { contentOf, sampleBytes, sourceOf } from "../../../contracts/blob-store-under-test.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { strictStore } from "./strict-store.ts";

const mebibyte = 1024 * 1024;
const sha256 = { algorithms: ["sha256"] } as const;
const patience = { pauseMilliseconds: 1, attempts: 2, circuitFailures: 100 };

describe("a commit that is refused for want of rights", () => {
  it.each([20_000, 6 * mebibyte])("of %i bytes is made good when the keys are", async (size) => {
    const { open, server, leftovers } = await strictStore();
    const file = path.join(await scratchDirectory(), "keys.json");
    const { accessKeyId, secretAccessKey } = server;
    await writeFile(file, JSON.stringify({ accessKeyId, secretAccessKey }));
    const store = await open({ credentials: { kind: "file", path: file }, patience });
    const bytes = sampleBytes(size);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes), 0);
    await writeFile(file, JSON.stringify({ accessKeyId, secretAccessKey: "revoked" }));
    await expect(session.commit(digestOf(bytes))).rejects.toMatchObject({
      code: "busy",
      cause: { code: "SignatureDoesNotMatch", status: 403 },
    });
    await writeFile(file, JSON.stringify({ accessKeyId, secretAccessKey }));
    const { locator } = await session.commit(digestOf(bytes));
    expect((await contentOf(store, locator))?.equals(bytes)).toBe(true);
    expect(leftovers()).toEqual([]);
  });
});

describe("an abort after a commit that broke off", () => {
  it.each([
    ["its index was there and not the object", 20_000, "blobs/"],
    ["its object was there and not the index", 20_000, "index/"],
    ["its parts were one object", 6 * mebibyte, "index/"],
  ])("when %s leaves nothing", async (_when, size, keyPrefix) => {
    const { store, open, proxy, server } = await strictStore({ patience, partBytes: 5 * mebibyte });
    const bytes = sampleBytes(size);
    const session = await store.startUpload(sha256);
    await session.append(sourceOf(bytes), 0);
    proxy.inject({ operation: "PutObject", keyPrefix, fault: "500" });
    await expect(session.commit(digestOf(bytes))).rejects.toMatchObject({ code: "busy" });
    expect(server.objects()).not.toEqual([]);
    // As another process does when the session has expired.
    const expired = await (await open()).resumeUpload(session.state);
    await expired!.abort();
    expect(server.objects()).toEqual([]);
    expect(server.multipartUploads()).toEqual([]);
  });
});
