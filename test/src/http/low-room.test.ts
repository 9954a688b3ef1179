// REQ-22: below the mark whatever brings new content is refused, in words, before its body is sent; all the rest goes on.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DiskRoom } from "../../../storage/disk-room.ts";
import { digestOf, imageIndex, randomBlob } from "../../support/images.ts";
import { expectError, locationOf } from "../../support/oci-answer.ts";
import { sendPolitely } from "../../support/polite-request.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

const mebibyte = 1024 * 1024;
const disk = { free: 0, now: 0 };
let served: ServedParts;
let client: RegistryClient;

beforeAll(async () => {
  const room = new DiskRoom({
    directories: ["/"],
    minFreeBytes: 10 * mebibyte,
    now: () => (disk.now += 1000),
    freeBytes: async () => disk.free,
  });
  served = await serveParts({ room });
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
});
beforeEach(() => (disk.free = 100 * mebibyte));

const full =
  /^storage full: ask the operator to free or add space, then push again: 9 MiB are free, and 10 MiB have to stay so/;

const polite = (method: string, path: string, body: Buffer) => sendPolitely(served.url, method, path, body);

test("every way to bring content is refused before its body is sent", async () => {
  const content = randomBlob(10_000);
  const digest = digestOf(content);
  const [patched, put] = [await client.startUpload("low/app"), await client.startUpload("low/app")];
  disk.free = 9 * mebibyte;
  const rows = [
    ["POST", "/v2/low/app/blobs/uploads/", Buffer.alloc(0)],
    ["POST", `/v2/low/app/blobs/uploads/?digest=${digest}`, content],
    ["PATCH", patched, content],
    ["PUT", `${put}?digest=${digest}`, content],
    ["PUT", "/v2/low/app/manifests/v1", imageIndex([]).bytes],
  ] as const;
  for (const [method, path, body] of rows) {
    const answer = await polite(method, path, body);
    expect([method, path, answer.continued]).toEqual([method, path, false]);
    expect(expectError(answer, 413, "DENIED").message).toMatch(full);
  }
  disk.free = 100 * mebibyte;
  for (const session of [patched, put]) {
    expect((await client.send("PUT", `${session}?digest=${digest}`, { body: content })).status).toBe(201);
  }
});

test("a body that says that it is too long for what is left is refused, and a shorter one taken", async () => {
  const session = await client.startUpload("low/long");
  disk.free = 11 * mebibyte;
  const refused = await polite("PATCH", session, Buffer.alloc(mebibyte + 1));
  expect(refused.continued).toBe(false);
  expectError(refused, 413, "DENIED");
  expect((await polite("PATCH", session, Buffer.alloc(mebibyte))).status).toBe(202);
});

test("pulls, lists, deletes, mounts, the end of an upload and its cancellation go on", async () => {
  const image = await client.pushImage("low/kept", "v1");
  const layer = digestOf(image.layers[0]!);
  const content = randomBlob(1000);
  const received = locationOf(
    await client.send("PATCH", await client.startUpload("low/kept"), { body: content }),
  );
  const left = await client.startUpload("low/kept");
  disk.free = 0;
  const rows = [
    ["GET", "/v2/low/kept/manifests/v1", 200],
    ["HEAD", `/v2/low/kept/blobs/${layer}`, 200],
    ["GET", `/v2/low/kept/blobs/${layer}`, 200],
    ["GET", "/v2/low/kept/tags/list", 200],
    ["POST", `/v2/low/other/blobs/uploads/?mount=${layer}&from=low/kept`, 201],
    ["PUT", `${received}?digest=${digestOf(content)}`, 201],
    ["GET", left, 204],
    ["DELETE", left, 204],
    ["DELETE", "/v2/low/kept/manifests/v1", 202],
    ["DELETE", `/v2/low/kept/manifests/${image.digest}`, 202],
    ["DELETE", `/v2/low/kept/blobs/${layer}`, 202],
  ] as const;
  for (const [method, path, status] of rows) {
    const answer = await client.send(method, path);
    expect([method, path, answer.status]).toEqual([method, path, status]);
  }
});
