// Blobs that come in one POST (end-4b), which have no session: what is left of one that may not be.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpenAuthorizer } from "../../../auth/open-authorizer.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { digestOf } from "../../../storage/digest.ts";
import { expectError } from "../../support/oci-answer.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

describe("a blob in one POST", () => {
  const content = Buffer.from("all at once");
  const path = `/v2/whole/app/blobs/uploads/?digest=${digestOf(content)}`;
  let directory: string;
  let decisions: number;
  let allowed: number;
  let served: ServedParts;
  let client: RegistryClient;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "berth-whole-"));
    decisions = 0;
    allowed = Infinity;
    const open = new OpenAuthorizer();
    const authorizer = Object.assign(new OpenAuthorizer(), {
      decide: async (): ReturnType<OpenAuthorizer["decide"]> =>
        ++decisions > allowed ? { allowed: false, reason: "not any more" } : await open.decide(),
    });
    served = await serveParts({
      authorizer,
      blobStore: await openBlobStore({ kind: "filesystem", directory }),
    });
    client = new RegistryClient(served.url);
  });
  afterEach(async () => {
    client.close();
    await served.close();
    await rm(directory, { recursive: true });
  });

  it("is there after it, and no upload is", async () => {
    expect((await client.send("POST", path, { body: content })).status).toBe(201);
    const { body } = await client.send("GET", `/v2/whole/app/blobs/${digestOf(content)}`);
    expect(body.equals(content)).toBe(true);
    expect(await served.metadata.uploads.listExpired(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  it("is refused with nothing left when the right to push went while it came", async () => {
    allowed = 1;
    expectError(await client.send("POST", path, { body: content }), 403, "DENIED");
    expect(decisions).toBe(2);
    expect(await readdir(join(directory, "uploads"))).toEqual([]);
    expect(await served.metadata.blobLinks.locate(digestOf(content))).toBeUndefined();
  });

  it("is refused with nothing left when it says that it begins elsewhere, or is not as long as it says", async () => {
    for (const range of ["5-15", "0-99"]) {
      const refused = await client.send("POST", path, {
        body: content,
        headers: { "content-range": range },
      });
      expect(refused.status).toBe(416);
      expect(await readdir(join(directory, "uploads"))).toEqual([]);
    }
  });
});
