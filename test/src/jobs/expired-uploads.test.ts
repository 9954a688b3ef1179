// REQ-8: sessions that nobody continued go with their bytes, and nothing else does.
import { randomUUID } from "node:crypto";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ExpiredUploads } from "../../../src/jobs/expired-uploads.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { testRegistry } from "../../support/test-registry.ts";

const expirySeconds = 600;
const running = new AbortController().signal;

/** A registry whose clock the test sets, and its job, to be run by hand. */
async function start() {
  const clock = { now: Date.now() };
  const now = () => clock.now;
  const registry = await testRegistry({ now, env: { BERTH_UPLOADS_EXPIRY_SECONDS: String(expirySeconds) } });
  const directory = join(registry.dataDirectory, "blobs");
  const metadata = await openMetadataStore({
    kind: "sqlite",
    path: join(registry.dataDirectory, "berth.sqlite"),
  });
  onTestFinished(() => metadata.close());
  const blobStore = await openBlobStore({ kind: "filesystem", directory });
  const job = new ExpiredUploads({
    blobStore,
    metadata,
    everySeconds: 60,
    expirySeconds,
    now,
    newId: randomUUID,
  });
  return { registry, clock, metadata, job, files: () => readdir(join(directory, "uploads")) };
}

describe("expired uploads", () => {
  it("go with their bytes, a hundred and more in one run", async () => {
    const { registry, clock, metadata, job, files } = await start();
    const begin = async (n: number) => {
      const session = await registry.client.startUpload(`expired/r${n % 3}`);
      if (n % 2 === 0) await registry.client.send("PATCH", session, { body: randomBlob(100) });
    };
    await Promise.all(Array.from({ length: 120 }, (_, n) => begin(n)));
    expect(await files()).toHaveLength(120);
    clock.now += expirySeconds * 1000 - 1;
    await job.run(running);
    expect(await files()).not.toEqual([]);
    clock.now += 60_000;
    await job.run(running);
    expect(await files()).toEqual([]);
    expect(await metadata.uploads.listExpired(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  it("are unknown from their moment on, also before the job ran", async () => {
    const { registry, clock } = await start();
    const session = await registry.client.startUpload("expired/app");
    clock.now += expirySeconds * 1000;
    expectError(await registry.client.send("GET", session), 404, "BLOB_UPLOAD_UNKNOWN");
    expectError(await registry.client.send("PATCH", session, { body: "x" }), 404, "BLOB_UPLOAD_UNKNOWN");
  });

  it("are not those that somebody goes on with, however long that takes", async () => {
    const { registry, clock, job, files } = await start();
    const content = randomBlob(1000);
    const session = await registry.client.startUpload("expired/slow");
    for (let at = 0; at < 1000; at += 100) {
      clock.now += expirySeconds * 900;
      await job.run(running);
      const answer = await registry.client.send("PATCH", session, { body: content.subarray(at, at + 100) });
      expect(answer.headers.range).toBe(`0-${at + 99}`);
    }
    expect((await registry.client.send("PUT", `${session}?digest=${digestOf(content)}`)).status).toBe(201);
    expect(await files()).toEqual([]);
  });

  it("are not those that a writer holds", async () => {
    const { registry, clock, metadata, job, files } = await start();
    const session = await registry.client.startUpload("expired/held");
    const id = session.split("/").at(-1)!;
    const until = clock.now + 10 * expirySeconds * 1000;
    await metadata.uploads.lease("expired/held", id, { holder: "writer", until }, clock.now);
    clock.now += 2 * expirySeconds * 1000;
    await job.run(running);
    expect(await files()).toHaveLength(1);
    clock.now = until;
    await job.run(running);
    expect(await files()).toEqual([]);
  });

  it("do not take blobs along", async () => {
    const { registry, clock, job } = await start();
    const digest = await registry.client.pushBlob("expired/blobs", randomBlob());
    clock.now += 100 * expirySeconds * 1000;
    await job.run(running);
    expect((await registry.client.send("HEAD", `/v2/expired/blobs/blobs/${digest}`)).status).toBe(200);
  });

  it("include bytes that a crash left without a row, once they are older than any session can be", async () => {
    const { registry, clock, job, files } = await start();
    const uploads = join(registry.dataDirectory, "blobs", "uploads");
    const fresh = "a".repeat(32);
    const stray = "b".repeat(32);
    for (const name of [fresh, stray]) await writeFile(join(uploads, name), "left behind");
    const longAgo = new Date(clock.now - (expirySeconds + 2 * 86_400) * 1000);
    await utimes(join(uploads, stray), longAgo, longAgo);
    await job.run(running);
    expect(await files()).toEqual([fresh]);
  });

  it("are left for the next time when the process is on its way out", async () => {
    const { registry, clock, job, files } = await start();
    await registry.client.startUpload("expired/later");
    clock.now += 2 * expirySeconds * 1000;
    await job.run(AbortSignal.abort());
    expect(await files()).toHaveLength(1);
  });
});
