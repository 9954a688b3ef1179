// REQ-19: any JSON manifest of any type is stored as it came; what is wrong with one of a known type is named by field.
import { describe, expect, it } from "vitest";
import { describeBlob, digestOf, emptyJson, manifestFrom, mediaTypes } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const config = describeBlob(emptyJson, mediaTypes.empty);
const image = { schemaVersion: 2, config, layers: [] };

async function push(json: object | string, contentType?: string) {
  await use.client.pushBlob("types/any", emptyJson);
  const bytes = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  const answer = await use.client.send("PUT", "/v2/types/any/manifests/v1", {
    body: bytes,
    ...(contentType !== undefined && { headers: { "content-type": contentType } }),
  });
  return { answer, bytes };
}

describe("a manifest of a type unknown here", () => {
  it.each([
    [
      "an artifact type of somebody's own",
      { anything: [1, 2, { x: null }] },
      "application/vnd.example.thing.v3+json",
    ],
    [
      "an ORAS artifact manifest whose blobs are not here",
      {
        blobs: [describeBlob(Buffer.from("absent"))],
        mediaType: "application/vnd.cncf.oras.artifact.manifest.v1+json",
      },
      "application/vnd.cncf.oras.artifact.manifest.v1+json",
    ],
    [
      "Docker's first schema",
      { schemaVersion: 1, name: "x", fsLayers: [{ blobSum: digestOf("x") }], signatures: [] },
      "application/vnd.docker.distribution.manifest.v1+prettyjws",
    ],
    [
      "fields that only look like descriptors",
      { config: 5, layers: { a: 1 }, manifests: "no" },
      "application/x+json",
    ],
  ])("is stored byte for byte: %s", async (_, json, type) => {
    const { answer, bytes } = await push(json, type);
    expect(answer.status).toBe(201);
    const get = await use.client.send("GET", "/v2/types/any/manifests/v1");
    expect([get.status, get.headers["content-type"], get.body.equals(bytes)]).toEqual([200, type, true]);
  });
});

describe("a manifest's type", () => {
  it.each([
    [
      "from the Content-Type when it has no mediaType (Helm)",
      image,
      mediaTypes.manifest,
      mediaTypes.manifest,
    ],
    [
      "from the Content-Type without its parameters",
      image,
      `${mediaTypes.manifest}; charset=utf-8`,
      mediaTypes.manifest,
    ],
    [
      "from its own mediaType without a Content-Type",
      { ...image, mediaType: mediaTypes.manifest },
      undefined,
      mediaTypes.manifest,
    ],
    [
      "from its own mediaType under a Content-Type that says nothing",
      { ...image, mediaType: mediaTypes.dockerManifest },
      "application/json",
      mediaTypes.dockerManifest,
    ],
    ["from its shape when nothing says it: an image", image, undefined, mediaTypes.manifest],
    [
      "from its shape when nothing says it: an index",
      { schemaVersion: 2, manifests: [] },
      "text/plain",
      mediaTypes.index,
    ],
    [
      "as Docker's manifest list",
      { schemaVersion: 2, manifests: [] },
      mediaTypes.dockerList,
      mediaTypes.dockerList,
    ],
    [
      "with layers written as null, as Go does",
      { ...image, layers: null },
      mediaTypes.manifest,
      mediaTypes.manifest,
    ],
  ])("is taken %s", async (_, json, contentType, expected) => {
    const { answer } = await push(json, contentType);
    expect(answer.status).toBe(201);
    const get = await use.client.send("GET", "/v2/types/any/manifests/v1");
    expect(get.headers["content-type"]).toBe(expected);
  });
});

describe("a manifest that is refused", () => {
  const manifest = mediaTypes.manifest;
  const index = mediaTypes.index;
  it.each([
    ["no JSON", "not json", manifest, "(whole body)"],
    ["nothing", "", manifest, "(whole body)"],
    ["JSON that is no object", "[]", manifest, "(whole body)"],
    ["null", "null", manifest, "(whole body)"],
    ["a mediaType that contradicts the Content-Type", { ...image, mediaType: manifest }, index, "mediaType"],
    ["a mediaType that is no string", { ...image, mediaType: 5 }, manifest, "mediaType"],
    ["no type anywhere", { schemaVersion: 2 }, undefined, "mediaType"],
    ["another schemaVersion", { ...image, schemaVersion: 1 }, manifest, "schemaVersion"],
    ["an image without config", { schemaVersion: 2, layers: [] }, manifest, "config"],
    ["an image with manifests", { ...image, manifests: [] }, manifest, "manifests"],
    ["an index with layers", { schemaVersion: 2, manifests: [], layers: [] }, index, "layers"],
    ["an index without manifests", { schemaVersion: 2 }, index, "manifests"],
    ["layers that are no list", { ...image, layers: {} }, manifest, "layers"],
    ["a layer that is no descriptor", { ...image, layers: [config, "x"] }, manifest, "layers[1]"],
    ["a layer without digest", { ...image, layers: [{ size: 1 }] }, manifest, "layers[0].digest"],
    [
      "a layer with a bad digest",
      { ...image, layers: [{ ...config, digest: "sha256:zz" }] },
      manifest,
      "layers[0].digest",
    ],
    [
      "an index entry with a negative size",
      { schemaVersion: 2, manifests: [{ ...config, size: -1 }] },
      index,
      "manifests[0].size",
    ],
    ["a config with half a byte", { ...image, config: { ...config, size: 0.5 } }, manifest, "config.size"],
    ["a subject that is no descriptor", { ...image, subject: "x" }, manifest, "subject"],
    ["a subject without size", { ...image, subject: { digest: config.digest } }, manifest, "subject.size"],
    ["an artifactType that is no string", { ...image, artifactType: {} }, manifest, "artifactType"],
    ["annotations that are no object", { ...image, annotations: ["x"] }, manifest, "annotations"],
    ["an annotation that is no string", { ...image, annotations: { a: 1 } }, manifest, "annotations.a"],
  ])("has %s: the field is named", async (_, json, contentType, field) => {
    const { answer } = await push(json, contentType);
    expect(expectError(answer, 400, "MANIFEST_INVALID").detail).toMatchObject({ field });
  });

  it("is not UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const manifest = { ...manifestFrom({}), bytes };
    expectError(await use.client.putManifest("types/any", "v1", manifest), 400, "MANIFEST_INVALID");
  });
});

describe("the limit of 4 MiB", () => {
  const padded = (length: number) => {
    const frame = JSON.stringify({ schemaVersion: 2, manifests: [], x: "" }).length;
    return manifestFrom({ schemaVersion: 2, manifests: [], x: "x".repeat(length - frame) }, mediaTypes.index);
  };

  it("takes a manifest that just fits, with or without an announced length", async () => {
    for (const chunked of [false, true]) {
      const answer = await use.client.putManifest("types/big", "v1", padded(4_194_304), { chunked });
      expect([chunked, answer.status]).toEqual([chunked, 201]);
    }
  });

  it("refuses one byte more, announced or not", async () => {
    for (const chunked of [false, true]) {
      const answer = await use.client.putManifest("types/big", "v2", padded(4_194_305), { chunked });
      expect(expectError(answer, 413, "SIZE_INVALID").detail).toEqual({ maxBytes: 4_194_304 });
    }
  });

  it("gives its answer also to a client that goes on sending much more", async () => {
    for (const chunked of [false, true]) {
      const answer = await use.client.putManifest("types/big", "v3", padded(64 * 1024 * 1024), { chunked });
      expectError(answer, 413, "SIZE_INVALID");
    }
  });
});

describe("a manifest without a media type of its own", () => {
  const manifest = manifestFrom({ ...image, annotations: { own: "none" } }, mediaTypes.manifest);
  const put = (tag: string, contentType: string) =>
    use.client.send("PUT", `/v2/types/again/manifests/${tag}`, {
      body: manifest.bytes,
      headers: { "content-type": contentType },
    });

  it("keeps the type it is known by when the same bytes come again under an unknown one", async () => {
    await use.client.pushBlob("types/again", emptyJson);
    expect((await put("first", mediaTypes.manifest)).status).toBe(201);
    expect((await put("second", "text/html")).status).toBe(201);
    for (const tag of ["first", "second"]) {
      const answer = await use.client.send("GET", `/v2/types/again/manifests/${tag}`);
      expect([tag, answer.headers["content-type"]]).toEqual([tag, mediaTypes.manifest]);
    }
  });

  it("gets its right type by a later push that names it", async () => {
    await use.client.pushBlob("types/again", emptyJson);
    const late = manifestFrom({ ...image, annotations: { own: "late" } }, mediaTypes.manifest);
    for (const type of ["application/vnd.example.unknown", mediaTypes.manifest]) {
      const headers = { "content-type": type };
      const path = "/v2/types/again/manifests/late";
      expect((await use.client.send("PUT", path, { body: late.bytes, headers })).status).toBe(201);
      expect((await use.client.send("HEAD", path)).headers["content-type"]).toBe(type);
    }
  });
});
