// A bucket: objects that are gone, of another size, or of other bytes.
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { Fsck } from "../../../../src/jobs/fsck/fsck.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { contentOf } from "../../../contracts/blob-store-under-test.ts";
import { pushBlob } from "../../../contracts/metadata-store-fixture.ts";
import { randomBlob } from "../../../support/images.ts";
import { clientOf } from "../../../support/s3/strict-s3-client.ts";
import { startStrictS3 } from "../../../support/s3/strict-s3-server.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { optionsFor } from "../../../storage/blobs/s3/bucket-under-test.ts";
import { never, putObject, storageAtHand } from "../storage-fixture.ts";

describe("a check of a bucket", () => {
  it("finds what is gone, cut or changed, keeps the bytes apart, and a push heals all", async () => {
    const { metadata } = await storageAtHand();
    const endpoint = await startStrictS3();
    onTestFinished(() => endpoint.close());
    const options = optionsFor(endpoint, await scratchDirectory());
    const blobStore = await openBlobStore({ kind: "s3", ...options });
    onTestFinished(async () => blobStore.close?.());
    const client = clientOf(endpoint, { requestChecksumCalculation: "WHEN_REQUIRED" });
    const contents = [100, 200, 300, 400].map((size) => randomBlob(size));
    const push = async (content: Buffer) => {
      const blob = await putObject(blobStore, content);
      await pushBlob(metadata, "team/app", blob, Date.now());
      return blob;
    };
    const [kept, gone, cut, changed] = await Promise.all(contents.map(push));
    if (!kept || !gone || !cut || !changed) throw new Error("four were pushed");
    await blobStore.delete([gone.locator]);
    const put = (Key: string, Body: Buffer) =>
      client.send(new PutObjectCommand({ Bucket: options.bucket, Key, Body }));
    await put(cut.locator, randomBlob(10));
    await put(changed.locator, randomBlob(400));
    const check = () =>
      new Fsck(
        {
          ...{ blobStore, metadata, now: Date.now, pause: async () => undefined },
          ...{ expirySeconds: 60, readingGraceMilliseconds: 1 },
        },
        { repair: true, digests: true, graceSeconds: 86_400, signal: never },
      ).run();
    const report = await check();
    const counts = { missing: 1, "wrong-size": 1, "wrong-digest": 1, orphan: 0 };
    expect(report).toMatchObject({ found: 3, counts, quarantined: { objects: 2, bytes: 410 } });
    expect(await check()).toMatchObject({ found: 0, damaged: 3 });
    await Promise.all(contents.map(push));
    expect(await check()).toMatchObject({ found: 0, damaged: 0 });
    for (const [index, { digest }] of [kept, gone, cut, changed].entries()) {
      const row = await metadata.blobLinks.find("team/app", digest);
      expect(row && (await contentOf(blobStore, row.locator))).toEqual(contents[index]);
    }
  });
});
