// Reads that last keep their object, short ones write nothing.
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RepositoryName } from "../../../src/oci/repository-name.ts";
import { LocalBlobs } from "../../../src/registry/local-blobs.ts";
import { Quotas } from "../../../src/registry/quotas.ts";
import { ReadLeases } from "../../../src/registry/read-leases.ts";
import { Touches } from "../../../src/registry/touches.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import type { BlobBody, Locator } from "../../../storage/blobs/stored-object.ts";
import type { ObjectLeases } from "../../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { digestOf } from "../../../storage/digest.ts";
import { pushBlob } from "../../contracts/metadata-store-fixture.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { putObject } from "../jobs/storage-fixture.ts";

const locator = "sha256/ab/abcd.1" as Locator;
const times = {
  ...{ lookMilliseconds: 1, afterMilliseconds: 30_000 },
  ...{ renewMilliseconds: 60_000, leaseMilliseconds: 120_000 },
};

async function reading() {
  const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  onTestFinished(() => metadata.close());
  const clock = { now: 0 };
  const writes: string[] = [];
  const failures: Error[] = [];
  const leases: ObjectLeases = {
    take: async (...lease) => {
      const failure = failures.shift();
      writes.push(failure === undefined ? `take at ${clock.now}` : "failed");
      if (failure !== undefined) throw failure;
      await metadata.objectLeases.take(...lease);
    },
    release: async (...lease) => {
      await metadata.objectLeases.release(...lease);
      writes.push(`release at ${clock.now}`);
    },
  };
  const readLeases = new ReadLeases({ leases, holder: "a process", now: () => clock.now, times });
  await metadata.discardedObjects.add([locator], 0, 0);
  return {
    clock,
    writes,
    failures,
    hold: (body: BlobBody = bodyOf("bytes")) => readLeases.hold(locator, body),
    deletable: async () => (await metadata.discardedObjects.list(clock.now, 10)).length > 0,
  };
}

function bodyOf(content: string): BlobBody {
  return {
    size: content.length,
    stream: () => Readable.from([Buffer.from(content)]),
    writeTo: async (destination) => void destination.write(content),
    close: async () => undefined,
  };
}

/** Long enough for some looks of the timer. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("a read", () => {
  it("that is short writes nothing", async () => {
    const { clock, writes, hold } = await reading();
    const body = hold();
    clock.now = 29_999;
    await aWhile();
    await body.close();
    clock.now = 1_000_000;
    await aWhile();
    expect(writes).toEqual([]);
  });

  it("that lasts keeps the bytes until its end, and renews that once a minute", async () => {
    const { clock, writes, hold, deletable } = await reading();
    const body = hold();
    clock.now = 30_000;
    await expect.poll(() => writes).toEqual(["take at 30000"]);
    clock.now = 89_999;
    await aWhile();
    expect(writes).toHaveLength(1);
    clock.now = 90_000;
    await expect.poll(() => writes).toHaveLength(2);
    expect(await deletable()).toBe(false);
    await body.close();
    await expect.poll(() => writes.at(-1)).toBe("release at 90000");
    expect(await deletable()).toBe(true);
  });

  it.each<[string, (body: BlobBody) => Promise<unknown>]>([
    ["closed", (body) => body.close()],
    ["streamed", (body) => body.stream().toArray()],
    ["broken off", async (body) => body.stream().destroy()],
    ["written", (body) => body.writeTo(new PassThrough(), new AbortController().signal)],
  ])("ends when it is %s, once", async (_, finish) => {
    const { clock, writes, hold } = await reading();
    const body = hold();
    clock.now = 30_000;
    await expect.poll(() => writes).toHaveLength(1);
    await finish(body);
    await body.close();
    await expect.poll(() => writes).toEqual(["take at 30000", "release at 30000"]);
  });

  it("that ends leaves the object to the others who read it", async () => {
    const { clock, writes, hold, deletable } = await reading();
    const [one, other] = [hold(), hold()];
    clock.now = 30_000;
    await expect.poll(() => writes).toHaveLength(1);
    await one.close();
    await aWhile();
    expect(await deletable()).toBe(false);
    await other.close();
    await expect.poll(() => deletable()).toBe(true);
  });

  it("whose lease could not be written gets it at the next look", async () => {
    const { clock, writes, failures, hold, deletable } = await reading();
    failures.push(new Error("busy"), new Error("busy"));
    const body = hold();
    clock.now = 30_000;
    await expect.poll(() => writes).toEqual(["failed", "failed", "take at 30000"]);
    expect(await deletable()).toBe(false);
    await body.close();
  });
});

describe("a blob that a client reads for long", () => {
  it("loses its bytes when the last reader is done, though it was collected long before", async () => {
    const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    onTestFinished(() => metadata.close());
    const blobStore = await openBlobStore({ kind: "filesystem", directory: await scratchDirectory() });
    const clock = { now: 0 };
    const now = () => clock.now;
    const readLeases = new ReadLeases({ leases: metadata.objectLeases, holder: "a process", now, times });
    const touches = new Touches({ garbage: metadata.garbage, graceSeconds: 1, now });
    const quotas = new Quotas({ usage: metadata.usage, rules: {}, graceSeconds: 60, now });
    const blobs = new LocalBlobs({ blobStore, metadata, touches, readLeases, quotas, now });
    // A small one is read at once, and needs no lease.
    const content = Buffer.alloc(1_000_000);
    const digest = digestOf(content);
    await pushBlob(metadata, "team/app", await putObject(blobStore, content), 0);
    const opened = await blobs.open("team/app" as RepositoryName, digest);
    const queued = async () => (await metadata.discardedObjects.list(clock.now, 10)).length;
    await metadata.garbage.collectLinks({ before: 0, limit: 10, now: 0, dueAt: 60_000 });
    clock.now = 30_000;
    await aWhile();
    clock.now = 60_000;
    expect(await queued()).toBe(0);
    await opened?.body.close();
    await expect.poll(queued).toBe(1);
  });
});
