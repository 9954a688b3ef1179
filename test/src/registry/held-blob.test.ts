// A push of what is held already looks at the bytes that are there: what becomes of it when nobody can tell.
import { expect, it, onTestFinished } from "vitest";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { StorageError } from "../../../storage/storage-error.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { ObservedBlobStore, type Disk } from "../../support/observed-blob-store.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts } from "../../support/serve-parts.ts";

it("a push that can't see whether the held bytes are sound is refused, leaves nothing, and holds nobody up", async () => {
  const disk: Disk = {};
  const blobStore = new ObservedBlobStore(await openBlobStore({ kind: "memory" }), disk);
  const served = await serveParts({ blobStore });
  const client = new RegistryClient(served.url);
  onTestFinished(async () => {
    client.close();
    await served.close();
  });
  const content = randomBlob();
  const digest = digestOf(content);
  const uploads = "/v2/held/app/blobs/uploads/";
  expect((await client.send("POST", `${uploads}?digest=${digest}`, { body: content })).status).toBe(201);
  const { location } = (await client.send("POST", uploads)).headers;
  const close = () => client.send("PUT", `${String(location)}?digest=${digest}`, { body: content });
  disk.statFailure = new StorageError("busy", "the object store does not answer");
  expect((await close()).status).toBe(503);
  disk.statFailure = undefined;
  const kept: unknown[] = [];
  for await (const object of blobStore.list(new AbortController().signal)) kept.push(object);
  expect(kept).toHaveLength(1);
  // Not "another request is writing": its writer is done.
  expect((await close()).status).toBe(404);
  expect((await client.send("POST", `${uploads}?digest=${digest}`, { body: content })).status).toBe(201);
});
