// end-3 and end-7 over HTTP: what is stored of a manifest, under which type, and what a push answers.
import { describe, expect, it } from "vitest";
import {
  artifact,
  describeBlob,
  describeManifest,
  digestOf,
  emptyJson,
  imageIndex,
  imageManifest,
  manifestFrom,
  mediaTypes,
  randomBlob,
} from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const at = (repository: string, reference: string) => `/v2/${repository}/manifests/${reference}`;

describe("a pushed manifest", () => {
  it("answers 201 with its place, its digest and no body", async () => {
    const config = emptyJson;
    await use.client.pushBlob("m/push", config);
    const manifest = imageManifest(config, []);
    const answer = await use.client.putManifest("m/push", "v1", manifest);
    expect([answer.status, answer.body.length, answer.headers["content-length"]]).toEqual([201, 0, "0"]);
    expect(answer.headers).toMatchObject({
      location: at("m/push", manifest.digest),
      "docker-content-digest": manifest.digest,
      etag: `"${manifest.digest}"`,
    });
    expect(answer.headers["oci-subject"]).toBeUndefined();
    expect(answer.headers["oci-tag"]).toBeUndefined();
    expect((await use.client.send("GET", answer.headers.location!)).body.equals(manifest.bytes)).toBe(true);
  });

  it("comes back byte for byte, by tag and by digest, with equal headers for HEAD", async () => {
    await use.client.pushBlob("m/bytes", emptyJson);
    const text = `{ "schemaVersion" : 2,\n\t"config": ${JSON.stringify(describeBlob(emptyJson))}, "layers": [],
      "\\u0061nnotations": {"é": "\\u00e9 ☃"}, "schemaVersion": 2 }\n`;
    const bytes = Buffer.from(text);
    const manifest = { bytes, mediaType: mediaTypes.manifest, digest: digestOf(bytes) };
    await use.client.pushManifest("m/bytes", "v1", manifest);
    for (const reference of ["v1", manifest.digest]) {
      const get = await use.client.send("GET", at("m/bytes", reference), {
        headers: { "accept-encoding": "gzip" },
      });
      expect([get.status, get.body.equals(bytes)]).toEqual([200, true]);
      expect(get.headers).toMatchObject({
        "content-type": mediaTypes.manifest,
        "content-length": String(bytes.length),
        "docker-content-digest": manifest.digest,
        etag: `"${manifest.digest}"`,
      });
      expect(get.headers["content-encoding"]).toBeUndefined();
      expect(get.headers["cache-control"]).toMatch(
        reference === "v1" ? /no-cache.*no-transform/ : /immutable.*no-transform/,
      );
      const head = await use.client.send("HEAD", at("m/bytes", reference), {
        headers: { "accept-encoding": "gzip" },
      });
      const names = ["content-type", "content-length", "docker-content-digest", "etag", "cache-control"];
      expect(names.map((name) => head.headers[name])).toEqual(names.map((name) => get.headers[name]));
      expect([head.status, head.body.length]).toEqual([200, 0]);
    }
  });

  it("is the same whatever Accept says, or with none", async () => {
    const index = imageIndex([]);
    await use.client.pushManifest("m/accept", "v1", index);
    const accepts = [
      mediaTypes.manifest,
      mediaTypes.dockerManifest,
      "*/*",
      "text/html",
      "application/vnd.nothing;q=0",
    ];
    for (const headers of [{}, ...accepts.map((accept) => ({ accept }))]) {
      const answer = await use.client.send("GET", at("m/accept", "v1"), { headers });
      expect([answer.status, answer.headers["content-type"], digestOf(answer.body)]).toEqual([
        200,
        mediaTypes.index,
        index.digest,
      ]);
    }
  });

  it("may be pushed again, and to several tags", async () => {
    const image = await use.client.pushImage("m/again", "v1");
    for (const reference of ["v1", "v2", image.digest]) {
      expect((await use.client.putManifest("m/again", reference, image)).status).toBe(201);
    }
    expect((await use.client.send("HEAD", at("m/again", "v2"))).headers["docker-content-digest"]).toBe(
      image.digest,
    );
  });

  it("is addressed and found by sha512 when it was pushed so", async () => {
    await use.client.pushBlob("m/sha512", emptyJson);
    const manifest = artifact("application/vnd.example.sha512", undefined);
    const digest = digestOf(manifest.bytes, "sha512");
    const answer = await use.client.putManifest("m/sha512", digest, manifest);
    expect([answer.status, answer.headers["docker-content-digest"]]).toEqual([201, digest]);
    const get = await use.client.send("GET", at("m/sha512", digest));
    expect([get.status, get.headers["docker-content-digest"], get.body.equals(manifest.bytes)]).toEqual([
      200,
      digest,
      true,
    ]);
    const parent = imageIndex([{ ...describeManifest(manifest), digest }]);
    expect((await use.client.putManifest("m/sha512", "list", parent)).status).toBe(201);
    expect((await use.client.send("DELETE", at("m/sha512", digest))).status).toBe(405);
  });

  it("must have the digest that it is pushed under", async () => {
    const index = imageIndex([], { annotations: { n: "1" } });
    const other = digestOf("other");
    const refused = await use.client.putManifest("m/digest", other, index);
    expect(expectError(refused, 400, "DIGEST_INVALID").detail).toEqual({
      expected: other,
      actual: index.digest,
    });
    expectError(
      await use.client.putManifest("m/digest", "sha256:baddigeststring", index),
      400,
      "DIGEST_INVALID",
    );
    expectError(await use.client.send("GET", at("m/digest", other)), 404, "MANIFEST_UNKNOWN");
  });

  it("is unknown under a tag that no tag can be, and cannot be pushed there", async () => {
    for (const reference of [".INVALID_MANIFEST_NAME", "-x", "a".repeat(129), "a%20b", "a%00"]) {
      expectError(await use.client.send("GET", at("m/digest", reference)), 404, "MANIFEST_UNKNOWN");
      expect((await use.client.send("HEAD", at("m/digest", reference))).status).toBe(404);
      expectError(
        await use.client.putManifest("m/digest", reference, imageIndex([])),
        400,
        "MANIFEST_INVALID",
      );
    }
  });
});

describe("tags given with a push", () => {
  it("are set in the same step and told in OCI-Tag", async () => {
    const index = imageIndex([], { annotations: { n: "tags" } });
    const tags = Array.from({ length: 12 }, (_, n) => `t${n}`);
    const answer = await use.client.putManifest(
      "m/tags",
      `${index.digest}?${tags.map((t) => `tag=${t}`).join("&")}`,
      index,
    );
    expect(answer.status).toBe(201);
    const told = answer.rawHeaders.flatMap((name, i, all) =>
      i % 2 === 0 && /^oci-tag$/i.test(name) ? [all[i + 1]!] : [],
    );
    expect(told.flatMap((value) => value.split(/,\s*/))).toEqual(tags);
    const list = await use.client.send("GET", "/v2/m/tags/tags/list");
    expect(JSON.parse(list.body.toString())).toEqual({ name: "m/tags", tags: tags.toSorted() });
  });

  it("join a push by tag", async () => {
    const answer = await use.client.putManifest("m/tags2", "one?tag=two", imageIndex([]));
    expect(answer.status).toBe(201);
    for (const tag of ["one", "two"])
      expect((await use.client.send("HEAD", at("m/tags2", tag))).status).toBe(200);
  });

  it("are refused with all of the push when one is no tag, or when they are too many", async () => {
    const index = imageIndex([], { annotations: { n: "bad" } });
    expectError(
      await use.client.putManifest("m/tags3", `${index.digest}?tag=ok&tag=-bad`, index),
      400,
      "MANIFEST_INVALID",
    );
    const many = Array.from({ length: 101 }, (_, n) => `tag=t${n}`).join("&");
    expectError(
      await use.client.putManifest("m/tags3", `${index.digest}?${many}`, index),
      414,
      "UNSUPPORTED",
    );
    expect((await use.client.send("GET", "/v2/m/tags3/tags/list")).status).toBe(404);
  });
});

describe("what a manifest names", () => {
  it("must be there: each missing digest is told", async () => {
    const [config, layer] = [randomBlob(), randomBlob()];
    await use.client.pushBlob("m/refs", config);
    const refused = await use.client.putManifest("m/refs", "v1", imageManifest(config, [layer]));
    expect(expectError(refused, 404, "MANIFEST_BLOB_UNKNOWN").detail).toEqual({ missing: [digestOf(layer)] });
    await use.client.pushBlob("m/elsewhere", layer);
    expectError(
      await use.client.putManifest("m/refs", "v1", imageManifest(config, [layer])),
      404,
      "MANIFEST_BLOB_UNKNOWN",
    );
    await use.client.pushBlob("m/refs", layer);
    expect((await use.client.putManifest("m/refs", "v1", imageManifest(config, [layer]))).status).toBe(201);
  });

  it("must be there for an index too: manifests, or blobs as in build caches", async () => {
    const image = await use.client.pushImage("m/index");
    const layer = randomBlob();
    await use.client.pushBlob("m/index", layer);
    const absent = describeBlob(randomBlob(), mediaTypes.manifest);
    const refused = await use.client.putManifest(
      "m/index",
      "v1",
      imageIndex([describeManifest(image), absent]),
    );
    expect(expectError(refused, 404, "MANIFEST_BLOB_UNKNOWN").detail).toEqual({ missing: [absent.digest] });
    const cache = imageIndex([describeManifest(image), describeBlob(layer), describeBlob(image.layers[0]!)]);
    expect((await use.client.putManifest("m/index", "cache", cache)).status).toBe(201);
    const nested = imageIndex([describeManifest(cache)]);
    expect((await use.client.putManifest("m/index", "nested", nested)).status).toBe(201);
  });

  it("need not be there when its distributor keeps it", async () => {
    await use.client.pushBlob("m/foreign", emptyJson);
    const layer = (mediaType: string, more = {}) => ({ ...describeBlob(randomBlob(), mediaType), ...more });
    const layers = [
      layer("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
      layer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
      layer(mediaTypes.layer, { urls: ["https://example.com/layer"] }),
    ];
    const manifest = manifestFrom({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: describeBlob(emptyJson),
      layers,
    });
    expect((await use.client.putManifest("m/foreign", "v1", manifest)).status).toBe(201);
  });
});
