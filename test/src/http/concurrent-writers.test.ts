// Two writers on one session: one writes, the other is told 416; a writer that died holds nobody up for longer than its
// lease (REQ-10, single node).
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FilesystemBlobStore } from "../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import { probeDirectory } from "../../../storage/blobs/filesystem/probe-directory.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { observedFiles } from "../../storage/blobs/filesystem/observed-files.ts";
import { answerTo, open } from "../../support/http-request.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { expectError, locationOf } from "../../support/oci-answer.ts";
import { ObservedBlobStore, type Disk } from "../../support/observed-blob-store.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { openSocket, parseAnswer, readToEnd, readUntil } from "../../support/raw-socket.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { serveParts } from "../../support/serve-parts.ts";
import { testRegistry } from "../../support/test-registry.ts";

const content = randomBlob(200_000);
const digest = digestOf(content);

describe("a session that is being written to", () => {
  it("refuses a second writer with 416 and its place, and the first one finishes", async () => {
    const disk: Disk = {};
    const blobStore = new ObservedBlobStore(await openBlobStore({ kind: "memory" }), disk);
    const served = await serveParts({ blobStore });
    const client = new RegistryClient(served.url);
    const session = await client.startUpload("two/app");
    const writer = open(served.url, "PATCH", session, { headers: { "content-length": content.length } });
    const written = answerTo(writer);
    const taken = new Promise<void>((resolve) => (disk.onResume = resolve));
    writer.write(content.subarray(0, 100_000));
    await taken;
    for (const [method, path] of [
      ["PATCH", session],
      ["PUT", `${session}?digest=${digest}`],
    ] as const) {
      const refused = await client.send(method, path, {
        body: "intruder",
        headers: { "content-range": "0-7" },
      });
      expectError(refused, 416, "BLOB_UPLOAD_INVALID");
      expect([locationOf(refused), refused.headers.range]).toEqual([session, "0-0"]);
    }
    expectError(await client.send("PUT", `${session}?digest=${digest}`), 416, "BLOB_UPLOAD_INVALID");
    expectError(await client.send("DELETE", session), 409, "BLOB_UPLOAD_INVALID");
    writer.end(content.subarray(100_000));
    const answer = await written;
    expect([answer.status, answer.headers.range]).toEqual([202, "0-199999"]);
    expect((await client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    const blob = await client.send("GET", `/v2/two/app/blobs/${digest}`);
    expect(blob.body.equals(content)).toBe(true);
    client.close();
    await served.close();
  });

  it("never ends as a mixture, whoever wins a race for each chunk", async () => {
    const registry = await testRegistry();
    const session = await registry.client.startUpload("two/race");
    const half = 100_000;
    const push = (at: number) => {
      const body = content.subarray(at, at + half);
      const headers = { "content-range": `${at}-${at + half - 1}` };
      return registry.client.send("PATCH", session, { body, headers, chunked: true });
    };
    for (const at of [0, half]) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => push(at)));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 202)).toHaveLength(1);
      expect(statuses.filter((status) => status === 416)).toHaveLength(5);
    }
    const closers = await Promise.all(
      Array.from({ length: 4 }, () => registry.client.send("PUT", `${session}?digest=${digest}`)),
    );
    const statuses = closers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.every((status) => [201, 404, 416].includes(status))).toBe(true);
    const blob = await registry.client.send("GET", `/v2/two/race/blobs/${digest}`);
    expect(blob.body.equals(content)).toBe(true);
  });

  it("is given to another once its writer died and the lease ran out, from the last durable byte", async () => {
    let now = Date.now();
    const registry = await testRegistry({ now: () => now, env: { BERTH_UPLOADS_LEASE_SECONDS: "10" } });
    const session = await registry.client.startUpload("two/dead");
    await registry.client.send("PATCH", session, { body: content.subarray(0, 50_000) });
    // A process that took the session and was killed leaves just this row.
    const path = join(registry.dataDirectory, "berth.sqlite");
    const metadata = await openMetadataStore({ kind: "sqlite", path });
    const id = session.split("/").at(-1)!;
    const lease = { holder: "a dead writer", until: now + 10_000 };
    expect(await metadata.uploads.lease("two/dead", id, lease, now)).toMatchObject({ outcome: "leased" });
    const rest = { body: content.subarray(50_000), headers: { "content-range": "50000-199999" } };
    now += 9_999;
    const refused = await registry.client.send("PATCH", session, rest);
    expectError(refused, 416, "BLOB_UPLOAD_INVALID");
    expect(refused.headers.range).toBe("0-49999");
    now += 1;
    expect((await registry.client.send("PATCH", session, rest)).headers.range).toBe("0-199999");
    expect((await registry.client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    const late = {
      holder: "a dead writer",
      state: "",
      offset: 0,
      expiresAt: now + 1e6,
      leaseUntil: undefined,
    };
    expect(await metadata.uploads.save(id, late)).toBe(false);
    await metadata.close();
  });

  it("stays with a writer that fell silent but lives, since its lease is renewed", async () => {
    const [expirySeconds, leaseSeconds] = [600, 1];
    const clock = { now: Date.now() };
    const served = await serveParts({ now: () => clock.now, uploads: { expirySeconds, leaseSeconds } });
    const client = new RegistryClient(served.url);
    const session = await client.startUpload("two/silent");
    const writer = open(served.url, "PATCH", session, { headers: { "content-length": content.length } });
    const written = answerTo(writer);
    writer.write(content.subarray(0, 1000));
    for (let step = 0; step < 3; step++) {
      // A renewal also puts off the expiry: that is how it shows.
      const before = clock.now + expirySeconds * 1000;
      clock.now += 900;
      await expect.poll(() => served.metadata.uploads.listExpired(before + 1, 1)).toEqual([]);
    }
    expectError(await client.send("PATCH", session, { body: "intruder" }), 416, "BLOB_UPLOAD_INVALID");
    // What the silent writer sent was made durable on the way.
    expect((await client.send("GET", session)).headers.range).toBe("0-999");
    writer.end(content.subarray(1000));
    expect((await written).status).toBe(202);
    expect((await client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    client.close();
    await served.close();
  });

  it.each(["short", "long"])("may be lost by a writer whose body then proves too %s", async (lie) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("uncaughtException", note).on("unhandledRejection", note);
    onTestFinished(() => void process.off("uncaughtException", note).off("unhandledRejection", note));
    const clock = { now: Date.now() };
    const served = await serveParts({ now: () => clock.now, uploads: { leaseSeconds: 1 } });
    const client = new RegistryClient(served.url);
    const session = await client.startUpload("two/lie");
    const socket = await openSocket(served.url);
    socket.write(
      `PATCH ${session} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Range: 0-999\r\n\r\n`,
    );
    socket.write(`1f4\r\n${"x".repeat(500)}\r\n`);
    await expect.poll(async () => (await client.send("GET", session)).headers.range).toBe("0-499");
    clock.now += 1_000;
    const id = session.split("/").at(-1)!;
    const lease = { holder: "another", until: clock.now + 1e6 };
    expect(await served.metadata.uploads.lease("two/lie", id, lease, clock.now)).toMatchObject({
      outcome: "leased",
    });
    expect(parseAnswer(await readUntil(socket, "BLOB_UPLOAD_UNKNOWN")).status).toBe(404);
    // A request after it on the connection, or its end, shows that the server has seen all of the body.
    const rest = lie === "long" ? `258\r\n${"x".repeat(600)}\r\n` : "";
    socket.write(`${rest}0\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await readToEnd(socket);
    expect((await client.send("GET", session)).headers.range).toBe("0-499");
    expect(unhandled).toEqual([]);
    client.close();
    await served.close();
  });

  it("never lets a writer that slept through its lease reach what was published since", async () => {
    const directory = await scratchDirectory();
    await probeDirectory(directory);
    let wake = (): void => undefined;
    let writes = 0;
    const sleeping = new Promise<void>((resolve) => (wake = resolve));
    // The first process stops in the middle of a write, as it does on SIGSTOP or when its disk hangs.
    const operations = observedFiles(({ name }) =>
      name === "write" && writes++ === 0 ? sleeping : undefined,
    );
    const clock = { now: Date.now() };
    const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    const parts = { metadata, now: () => clock.now, uploads: { leaseSeconds: 10 } };
    const first = await serveParts({ ...parts, blobStore: new FilesystemBlobStore(directory, operations) });
    const second = await serveParts({ ...parts, blobStore: new FilesystemBlobStore(directory) });
    const client = new RegistryClient(second.url);
    const session = await client.startUpload("two/asleep");
    const writer = open(first.url, "PATCH", session, { headers: { "content-length": content.length } });
    const written = answerTo(writer);
    writer.end(Buffer.alloc(content.length, "A"));
    await expect.poll(() => writes).toBe(1);
    clock.now += 10_000;
    expect((await client.send("PATCH", session, { body: content })).status).toBe(202);
    expect((await client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    wake();
    expectError(await written, 404, "BLOB_UPLOAD_UNKNOWN");
    expect((await client.send("GET", `/v2/two/asleep/blobs/${digest}`)).body.equals(content)).toBe(true);
    expect(await readdir(join(directory, "uploads"))).toEqual([]);
    client.close();
    await first.close();
    await second.close();
  });
});
