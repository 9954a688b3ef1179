// REQ-22, in part: a disk that is full or broken loses nothing that was acknowledged, and all goes on once it is well.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { StorageError } from "../../../storage/storage-error.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { collectLog } from "../../support/log-lines.ts";
import { expectError, locationOf } from "../../support/oci-answer.ts";
import { ObservedBlobStore, type Disk } from "../../support/observed-blob-store.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

const disk: Disk = {};
const log = collectLog();
const content = randomBlob(300_000);
const digest = digestOf(content);
let served: ServedParts;
let client: RegistryClient;

beforeAll(async () => {
  const blobStore = new ObservedBlobStore(await openBlobStore({ kind: "memory" }), disk);
  served = await serveParts({ blobStore, logger: log.logger });
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
});
beforeEach(() => {
  disk.roomBytes = undefined;
  disk.commitFailure = undefined;
});

describe("a disk that is full", () => {
  it.each(["PATCH", "PUT"])(
    "answers %s with 413, keeps what fitted, and takes the rest later",
    async (method) => {
      const repository = `full/${method.toLowerCase()}`;
      const session = await client.startUpload(repository);
      const path = method === "PUT" ? `${session}?digest=${digest}` : session;
      disk.roomBytes = 100_000;
      const refused = await client.send(method, path, { body: content });
      expect(expectError(refused, 413, "DENIED").message).toMatch(/storage full/);
      const state = await client.send("GET", session);
      expect([state.status, state.headers.range]).toEqual([204, "0-99999"]);
      disk.roomBytes = undefined;
      const rest = { body: content.subarray(100_000), headers: { "content-range": "100000-299999" } };
      expect((await client.send("PUT", `${session}?digest=${digest}`, rest)).status).toBe(201);
      expect((await client.send("GET", `/v2/${repository}/blobs/${digest}`)).body.equals(content)).toBe(true);
    },
  );

  it("answers one POST with 413 and leaves no session", async () => {
    disk.roomBytes = 10;
    const path = `/v2/full/post/blobs/uploads/?digest=${digest}`;
    expectError(await client.send("POST", path, { body: content }), 413, "DENIED");
    const left = await served.metadata.uploads.listExpired(Number.MAX_SAFE_INTEGER, 10);
    expect(left.filter(({ repository }) => repository === "full/post")).toEqual([]);
  });

  it("still serves pulls and deletes", async () => {
    const image = await client.pushImage("full/pull", "v1");
    disk.roomBytes = 0;
    expect((await client.send("GET", "/v2/full/pull/manifests/v1")).status).toBe(200);
    expect((await client.send("GET", `/v2/full/pull/blobs/${digestOf(image.layers[0]!)}`)).status).toBe(200);
    expect((await client.send("DELETE", "/v2/full/pull/manifests/v1")).status).toBe(202);
  });
});

describe("a disk that fails to publish", () => {
  it("answers 500 without a blob, and the next try succeeds", async () => {
    const session = await client.startUpload("broken/app");
    disk.commitFailure = Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    const refused = await client.send("PUT", `${session}?digest=${digest}`, { body: content });
    expectError(refused, 500, "UNKNOWN");
    expect(refused.body.toString()).not.toContain("EIO");
    const requestId = refused.headers["x-request-id"];
    const line = log.lines.find((entry) => entry["requestId"] === requestId && entry["level"] === "error");
    expect(JSON.stringify(line)).toContain("EIO");
    expect((await client.send("HEAD", `/v2/broken/app/blobs/${digest}`)).status).toBe(404);
    disk.commitFailure = undefined;
    await client.pushBlob("broken/app", content);
    expect((await client.send("HEAD", `/v2/broken/app/blobs/${digest}`)).status).toBe(200);
  });

  it("keeps the session of a client that only has to come again", async () => {
    const session = await client.startUpload("broken/busy");
    const patch = await client.send("PATCH", session, { body: content });
    disk.commitFailure = new StorageError("busy", "another request is working on this upload");
    const busy = await client.send("PUT", `${locationOf(patch)}?digest=${digest}`);
    expectError(busy, 503, "UNAVAILABLE");
    disk.commitFailure = undefined;
    expect((await client.send("GET", session)).headers.range).toBe("0-299999");
    expect((await client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
  });

  it("tells a client whose session vanished under it that it is unknown", async () => {
    const session = await client.startUpload("broken/gone");
    disk.commitFailure = new StorageError("gone", "the upload is over");
    const answer = await client.send("PUT", `${session}?digest=${digest}`, { body: content });
    expectError(answer, 404, "BLOB_UPLOAD_UNKNOWN");
    expectError(await client.send("GET", session), 404, "BLOB_UPLOAD_UNKNOWN");
  });
});
