// Clients that are sent to the blob store itself for a blob's bytes (REQ-26): GET of a blob alone, and only there where
// the configuration says so. What the URL gives is the S3 store's matter, and tested there.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import { networksOf } from "../../../src/http/networks.ts";
import { digestOf, imageIndex, randomBlob } from "../../support/images.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

const near = "10.0.0.7";
const far = "203.0.113.9";
const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
const content = randomBlob(1000);
const digest = digestOf(content);
const path = `/v2/team/app/blobs/${digest}`;
let served: ServedParts;
let client: RegistryClient;

/** The memory store, with URLs of its own to offer. */
async function storeWithUrls(): Promise<BlobStore> {
  const store = await openBlobStore({ kind: "memory" });
  const redirectUrl = async (locator: string, seconds: number) =>
    `https://bucket.example.com/${locator}?X-Amz-Expires=${seconds}`;
  return new Proxy(store, {
    get: (target, name) => {
      if (name === "redirectUrl") return redirectUrl;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

beforeAll(async () => {
  served = await serveParts({
    blobStore: await storeWithUrls(),
    trustedProxies: ["loopback"],
    redirects: networksOf(["10.0.0.0/8"]),
  });
  client = new RegistryClient(served.url);
  await client.pushBlob("team/app", content);
  await client.pushManifest("team/app", "v1", imageIndex([]));
});
afterAll(async () => {
  client.close();
  await served.close();
});

describe("a client that is sent to the store", () => {
  it("gets a blob's URL for a while, and the digest, and nothing that a cache would keep", async () => {
    const answer = await client.send("GET", path, from(near));
    expect(answer.status).toBe(307);
    expect(answer.headers["location"]).toMatch(/^https:\/\/bucket\.example\.com\/.+\?X-Amz-Expires=1200$/);
    expect(answer.headers["docker-content-digest"]).toBe(digest);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.body).toHaveLength(0);
  });

  it("gets everything else from the registry", async () => {
    const rows = [
      ["HEAD", path, {}, 200],
      ["GET", path, { "if-none-match": `"${digest}"` }, 304],
      ["GET", "/v2/team/app/manifests/v1", {}, 200],
      ["HEAD", "/v2/team/app/manifests/v1", {}, 200],
      ["GET", `/v2/team/app/blobs/${digestOf("absent")}`, {}, 404],
      ["GET", `/v2/team/other/blobs/${digest}`, {}, 404],
    ] as const;
    for (const [method, address, headers, status] of rows) {
      const answer = await client.send(method, address, { headers: { ...from(near).headers, ...headers } });
      expect([method, address, answer.status]).toEqual([method, address, status]);
    }
  });
});

describe("a client elsewhere", () => {
  it("gets the bytes from the registry", async () => {
    const answer = await client.send("GET", path, from(far));
    expect([answer.status, answer.body.equals(content)]).toEqual([200, true]);
  });
});
