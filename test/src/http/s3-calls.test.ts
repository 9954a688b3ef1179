// What the registry asks of a bucket: nothing for questions that its rows answer (REQ-28), and nothing is cut because
// the bucket takes its time.
import { randomUUID } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { digestOf, randomBlob } from "../../support/images.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type Parts } from "../../support/serve-parts.ts";
import { strictStore } from "../../storage/blobs/s3/strict-store.ts";

const type = "application/vnd.oci.image.manifest.v1+json";

async function served(server: Parts["server"] = {}) {
  const around = await strictStore();
  const registry = await serveParts({ blobStore: around.store, server });
  const client = new RegistryClient(registry.url);
  onTestFinished(async () => {
    client.close();
    await registry.close();
  });
  return { ...around, client };
}

describe("a registry over a bucket", () => {
  it("asks it nothing for a push of 30 layers that are there, nor for the catalog and tags", async () => {
    const { client, server } = await served();
    const blobs = Array.from({ length: 31 }, () => randomBlob(100));
    const digests = await Promise.all(blobs.map((blob) => client.pushBlob("team/app", blob)));
    const described = digests.map((digest) => ({ mediaType: "application/octet-stream", digest, size: 100 }));
    const [config, ...layers] = described;
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers });
    const push = async (): Promise<number[]> => {
      const heads = digests.map((digest) => client.send("HEAD", `/v2/team/app/blobs/${digest}`));
      const answers = await Promise.all(heads);
      const options = { body: Buffer.from(manifest), headers: { "content-type": type } };
      const put = await client.send("PUT", "/v2/team/app/manifests/v1", options);
      return [...new Set(answers.map(({ status }) => status)), put.status];
    };
    expect(await push()).toEqual([200, 201]);
    server.forgetRequests();
    expect(await push()).toEqual([200, 201]);
    for (const path of ["/v2/_catalog", "/v2/team/app/tags/list"])
      expect((await client.send("GET", path)).status).toBe(200);
    expect(server.counts()).toEqual({});
  });

  it("does not cut a client that waits for it longer than silence may last", async () => {
    const { client, server } = await served({ inactivitySeconds: 2 });
    const content = randomBlob(6_000_000);
    const session = await client.startUpload(`slow/${randomUUID()}`);
    await client.send("PATCH", session, { body: content });
    server.behaviour.completeMs = 4000;
    expect((await client.send("PUT", `${session}?digest=${digestOf(content)}`)).status).toBe(201);
  });

  it("answers 503 with Retry-After while it is away, and goes on with what it had acknowledged", async () => {
    const { client, proxy } = await served();
    const content = randomBlob(200_000);
    const digest = digestOf(content);
    const session = await client.startUpload("away/app");
    await client.send("PATCH", session, { body: content });
    proxy.inject({ fault: "500" });
    const refused = await client.send("PUT", `${session}?digest=${digest}`);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
    proxy.reset();
    expect((await client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    expect((await client.send("GET", `/v2/away/app/blobs/${digest}`)).body.equals(content)).toBe(true);
  });
});
