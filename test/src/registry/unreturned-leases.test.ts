// A full disk takes the row as well as the bytes: a lease that could not be given back then holds nobody up (REQ-22).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UnreturnedLeases } from "../../../src/registry/unreturned-leases.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { StorageError } from "../../../storage/storage-error.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

const content = randomBlob(1000);
const full = () => Promise.reject(new StorageError("full", "no room is left"));

let disk: { isFull: boolean };
let metadata: MetadataStore;
let served: ServedParts;
let client: RegistryClient;
beforeAll(async () => {
  disk = { isFull: false };
  metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  const { uploads } = metadata;
  const filling: MetadataStore = {
    ...metadata,
    uploads: {
      ...uploads,
      save: (...progress) => (disk.isFull ? full() : uploads.save(...progress)),
      remove: (...session) => (disk.isFull ? full() : uploads.remove(...session)),
    },
    ping: () => metadata.ping(),
    close: () => metadata.close(),
  };
  served = await serveParts({ metadata: filling });
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
  await metadata.close();
});

/** A session whose last append could record nothing. */
async function stuckSession(): Promise<string> {
  const session = await client.startUpload("full/lease");
  disk.isFull = true;
  expectError(await client.send("PATCH", session, { body: content }), 413, "DENIED");
  return session;
}

describe("a lease that could not be given back", () => {
  it("lets the session be cancelled as soon as there is room", async () => {
    const session = await stuckSession();
    expectError(await client.send("DELETE", session), 413, "DENIED");
    disk.isFull = false;
    expect((await client.send("DELETE", session)).status).toBe(204);
  });

  it("lets the session go on where its row stands, for one request at a time", async () => {
    const session = await stuckSession();
    disk.isFull = false;
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        client.send("PATCH", session, { body: content, headers: { "content-range": "0-999" } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 416, 416]);
    const digest = digestOf(content);
    expect((await client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    expect((await client.send("GET", `/v2/full/lease/blobs/${digest}`)).body.equals(content)).toBe(true);
  });

  it("is given to one taker, and forgotten after a thousand others", () => {
    const leases = new UnreturnedLeases();
    leases.keep("first", "a");
    leases.keep("second", "b");
    expect([leases.take("second"), leases.take("second")]).toEqual(["b", undefined]);
    for (let n = 0; n < 1000; n++) leases.keep(`upload ${n}`, "c");
    expect([leases.take("first"), leases.take("upload 0")]).toEqual([undefined, "c"]);
  });
});
