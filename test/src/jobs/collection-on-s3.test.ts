// REQ-5: what a collection asks of a bucket is bounded by what it removes, in batches, and lists nothing.
import { expect, it } from "vitest";
import { DiscardedObjects } from "../../../src/jobs/discarded-objects.ts";
import { digestOf } from "../../../storage/digest.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { put, sampleBytes } from "../../contracts/blob-store-under-test.ts";
import { collect, grace, start } from "../../contracts/garbage-store-fixture.ts";
import { pushBlob } from "../../contracts/metadata-store-fixture.ts";
import { strictStore } from "../../storage/blobs/s3/strict-store.ts";

it("a thousand blobs leave a bucket by ten requests, beside those that stay", async () => {
  const { store: blobStore, server } = await strictStore();
  const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  const push = async (seed: number, now: number): Promise<void> => {
    const bytes = sampleBytes(8, seed);
    const { locator, size } = await put(blobStore, bytes);
    await pushBlob(metadata, "team/app", { digest: digestOf(bytes), locator, size }, now);
  };
  for (let seed = 1; seed <= 1000; seed += 50)
    await Promise.all(Array.from({ length: 50 }, (_, n) => push(seed + n, start)));
  const later = start + grace;
  for (let seed = 2001; seed <= 2010; seed++) await push(seed, later);
  server.forgetRequests();

  expect(await collect(metadata, later)).toMatchObject({ links: 1000, blobs: 1000 });
  expect(server.counts()).toEqual({});
  const now = () => later + 60;
  await new DiscardedObjects({ blobStore, metadata, everySeconds: 5, now }).run(new AbortController().signal);
  expect(server.counts()).toEqual({ DeleteObjects: 10 });
  expect(server.objects()).toHaveLength(2 * 10);
  await metadata.close();
}, 120_000);
