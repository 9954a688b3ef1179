// end-2 and end-10 over HTTP: blobs that are there.
import { describe, expect, it } from "vitest";
import { digestOf, imageManifest, randomBlob } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const compared = [
  "content-length",
  "content-type",
  "docker-content-digest",
  "etag",
  "cache-control",
  "accept-ranges",
];

describe("reading a blob", () => {
  it("gives its bytes with headers that a proxy may not touch", async () => {
    const content = randomBlob(5000);
    const digest = await use.client.pushBlob("blobs/read", content);
    const answer = await use.client.send("GET", `/v2/blobs/read/blobs/${digest}`);
    expect(answer.status).toBe(200);
    expect(answer.body.equals(content)).toBe(true);
    expect(answer.headers).toMatchObject({
      "content-length": "5000",
      "content-type": "application/octet-stream",
      "docker-content-digest": digest,
      "docker-distribution-api-version": "registry/2.0",
      "accept-ranges": "bytes",
      etag: `"${digest}"`,
    });
    expect(answer.headers["cache-control"]).toMatch(/immutable.*no-transform/);
  });

  it("answers HEAD with the headers of GET, also to those who would take gzip", async () => {
    const digest = await use.client.pushBlob("blobs/head", Buffer.alloc(4096, "compressible "));
    const headers = { "accept-encoding": "gzip, deflate, br" };
    const get = await use.client.send("GET", `/v2/blobs/head/blobs/${digest}`, { headers });
    const head = await use.client.send("HEAD", `/v2/blobs/head/blobs/${digest}`, { headers });
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    expect(compared.map((name) => head.headers[name])).toEqual(compared.map((name) => get.headers[name]));
    expect(get.headers["content-encoding"]).toBeUndefined();
    expect(get.headers["content-length"]).toBe("4096");
  });

  it("serves the empty blob with its length", async () => {
    const digest = await use.client.pushBlob("blobs/empty", Buffer.alloc(0));
    for (const method of ["GET", "HEAD"]) {
      const answer = await use.client.send(method, `/v2/blobs/empty/blobs/${digest}`);
      expect([method, answer.status, answer.headers["content-length"]]).toEqual([method, 200, "0"]);
    }
  });

  it("ignores query parameters that nobody asked for", async () => {
    const digest = await use.client.pushBlob("blobs/query", randomBlob());
    const answer = await use.client.send("GET", `/v2/blobs/query/blobs/${digest}?name=docker.io&x=%zz&n`);
    expect(answer.status).toBe(200);
  });

  it("answers only in the repository that it was pushed to", async () => {
    const digest = await use.client.pushBlob("blobs/here", randomBlob());
    const answer = await use.client.send("GET", `/v2/blobs/there/blobs/${digest}`);
    expect(expectError(answer, 404, "BLOB_UNKNOWN").detail).toEqual({ digest });
    expect((await use.client.send("HEAD", `/v2/blobs/there/blobs/${digest}`)).status).toBe(404);
  });

  it.each([
    ["an unknown algorithm", "md5:d41d8cd98f00b204e9800998ecf8427e"],
    ["upper case", `sha256:${"A".repeat(64)}`],
    ["too few digits", `sha256:${"a".repeat(63)}`],
    ["sha512 with the length of sha256", `sha512:${"a".repeat(64)}`],
    ["no digest at all", "latest"],
  ])("refuses a digest of %s", async (_, digest) => {
    expectError(await use.client.send("GET", `/v2/blobs/read/blobs/${digest}`), 400, "DIGEST_INVALID");
  });
});

describe("deleting a blob", () => {
  it("takes effect at once, and only in that repository", async () => {
    const content = randomBlob();
    const digest = await use.client.pushBlob("blobs/a", content);
    await use.client.pushBlob("blobs/b", content);
    const deleted = await use.client.send("DELETE", `/v2/blobs/a/blobs/${digest}`);
    expect([deleted.status, deleted.body.length]).toEqual([202, 0]);
    expectError(await use.client.send("GET", `/v2/blobs/a/blobs/${digest}`), 404, "BLOB_UNKNOWN");
    expectError(await use.client.send("DELETE", `/v2/blobs/a/blobs/${digest}`), 404, "BLOB_UNKNOWN");
    expect((await use.client.send("GET", `/v2/blobs/b/blobs/${digest}`)).body.equals(content)).toBe(true);
  });

  it("is refused while a manifest of that repository names it, and says which", async () => {
    const image = await use.client.pushImage("blobs/needed", "v1");
    const layer = digestOf(image.layers[0]!);
    const refused = await use.client.send("DELETE", `/v2/blobs/needed/blobs/${layer}`);
    expect(expectError(refused, 405, "DENIED").detail).toEqual({ digest: layer, neededBy: image.digest });
    expect((await use.client.send("HEAD", `/v2/blobs/needed/blobs/${layer}`)).status).toBe(200);
  });

  it("does not care about manifests of other repositories", async () => {
    const layer = randomBlob();
    const config = Buffer.from("{}");
    for (const repository of ["blobs/keeps", "blobs/drops"]) {
      for (const blob of [config, layer]) await use.client.pushBlob(repository, blob);
    }
    await use.client.pushManifest("blobs/keeps", "v1", imageManifest(config, [layer]));
    const deleted = await use.client.send("DELETE", `/v2/blobs/drops/blobs/${digestOf(layer)}`);
    expect(deleted.status).toBe(202);
    expect((await use.client.send("GET", `/v2/blobs/keeps/blobs/${digestOf(layer)}`)).status).toBe(200);
  });
});
