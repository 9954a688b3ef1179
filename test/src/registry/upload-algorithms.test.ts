// Which digests are computed while the bytes arrive: a close by another one has to read them all again.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { ObservedBlobStore, type Disk } from "../../support/observed-blob-store.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

const disk: Disk = {};
let served: ServedParts;
let client: RegistryClient;
beforeAll(async () => {
  const blobStore = new ObservedBlobStore(await openBlobStore({ kind: "memory" }), disk);
  served = await serveParts({ blobStore });
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
});

const content = randomBlob();
const sha256 = digestOf(content);
const sha512 = digestOf(content, "sha512");

describe("an upload computes", () => {
  it.each([
    ["sha256 when nothing is said", "", ["sha256"]],
    ["sha512 too when the client announces it", "?digest-algorithm=sha512", ["sha256", "sha512"]],
    ["sha256 for a whole blob in one POST", `?digest=${sha256}`, ["sha256"]],
    // Nobody can close it under another one.
    ["sha512 for a whole blob of that digest in one POST", `?digest=${sha512}`, ["sha512"]],
  ])("%s", async (_, query, algorithms) => {
    let computed: readonly string[] = [];
    disk.onStart = (options) => (computed = options.algorithms);
    const answer = await client.send("POST", `/v2/algorithms/app/blobs/uploads/${query}`, { body: content });
    expect(answer.status).toBe(query.startsWith("?digest=") ? 201 : 202);
    expect(computed).toEqual(algorithms);
  });
});
