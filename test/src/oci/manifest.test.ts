// What is read of a manifest: its type, its references, its subject. What is refused over HTTP is in http/manifest-types.
import { describe, expect, it } from "vitest";
import { parseManifest } from "../../../src/oci/manifest.ts";
import { essenceOf, isNonDistributable, shapeOf } from "../../../src/oci/media-types.ts";
import { OciError } from "../../../src/oci/oci-error.ts";
import { describeBlob, mediaTypes } from "../../support/images.ts";

const parse = (json: object, type?: string) => parseManifest(Buffer.from(JSON.stringify(json)), type);
const config = describeBlob(Buffer.from("config"), mediaTypes.config);
const layer = describeBlob(Buffer.from("layer"));
const other = describeBlob(Buffer.from("other"));

describe("the references of a manifest", () => {
  it("are config and layers of an image, each digest once", () => {
    const { references } = parse(
      { schemaVersion: 2, config, layers: [layer, other, layer, config] },
      mediaTypes.manifest,
    );
    expect(references).toEqual([
      { digest: config.digest, kind: "blob", required: true },
      { digest: layer.digest, kind: "blob", required: true },
      { digest: other.digest, kind: "blob", required: true },
    ]);
  });

  it("are entries of an index, which may be manifests or blobs", () => {
    const { references } = parse({ schemaVersion: 2, manifests: [layer, other] }, mediaTypes.dockerList);
    expect(references).toEqual([
      { digest: layer.digest, kind: "any", required: true },
      { digest: other.digest, kind: "any", required: true },
    ]);
  });

  it("need not be there for layers kept elsewhere, unless the same digest is needed too", () => {
    const foreign = { ...layer, urls: ["https://example.com"] };
    const both = parse(
      { schemaVersion: 2, config, layers: [foreign, layer] },
      mediaTypes.manifest,
    ).references;
    expect(both.find(({ digest }) => digest === layer.digest)).toMatchObject({ required: true });
    const one = parse({ schemaVersion: 2, config, layers: [foreign] }, mediaTypes.manifest).references;
    expect(one.find(({ digest }) => digest === layer.digest)).toMatchObject({ required: false });
    const noUrls = parse(
      { schemaVersion: 2, config, layers: [{ ...layer, urls: [] }] },
      mediaTypes.manifest,
    ).references;
    expect(noUrls.find(({ digest }) => digest === layer.digest)).toMatchObject({ required: true });
  });

  it("of an unknown type are remembered where they look like descriptors, and not demanded", () => {
    const { references } = parse(
      { config: 5, layers: [layer, "x", { digest: "y", size: 1 }], blobs: [other] },
      "application/x",
    );
    expect(references).toEqual([
      { digest: layer.digest, kind: "blob", required: false },
      { digest: other.digest, kind: "blob", required: false },
    ]);
  });

  it("never include the subject", () => {
    const manifest = parse({ schemaVersion: 2, config, layers: [], subject: other }, mediaTypes.manifest);
    expect(manifest.subject).toBe(other.digest);
    expect(manifest.references.map(({ digest }) => digest)).toEqual([config.digest]);
  });
});

describe("the artifact type of a manifest", () => {
  const image = { schemaVersion: 2, config, layers: [] };
  it.each([
    ["its own", { ...image, artifactType: "application/x" }, mediaTypes.manifest, "application/x"],
    ["its config's type", image, mediaTypes.manifest, mediaTypes.config],
    [
      "its config's type when its own is empty",
      { ...image, artifactType: "" },
      mediaTypes.manifest,
      mediaTypes.config,
    ],
    ["nothing for an index without", { schemaVersion: 2, manifests: [] }, mediaTypes.index, undefined],
    ["an index's own", { schemaVersion: 2, manifests: [], artifactType: "a/b" }, mediaTypes.index, "a/b"],
  ])("is %s", (_, json, type, expected) => {
    expect(parse(json, type).artifactType).toBe(expected);
  });
});

describe("annotations", () => {
  it("are kept as they are, odd keys included", () => {
    const bytes = Buffer.from(
      '{"schemaVersion":2,"manifests":[],"annotations":{"__proto__":"x","":"","é":"☃"}}',
    );
    const { annotations } = parseManifest(bytes, mediaTypes.index);
    expect(JSON.stringify(annotations)).toBe('{"__proto__":"x","":"","é":"☃"}');
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("may be null, as Go writes what is missing", () => {
    expect(
      parse({ schemaVersion: 2, manifests: [], annotations: null }, mediaTypes.index).annotations,
    ).toBeUndefined();
  });
});

describe("a manifest made to hurt", () => {
  it("is refused, not crashed on", () => {
    const deep = `{"schemaVersion":2,"manifests":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`;
    expect(() => parseManifest(Buffer.from(deep), mediaTypes.index)).toThrow(OciError);
    const twice = '{"schemaVersion":2,"manifests":[],"mediaType":"a/b","mediaType":"c/d"}';
    expect(() => parseManifest(Buffer.from(twice), "a/b")).toThrow(OciError);
  });
});

describe("media types", () => {
  it("are compared without parameters and case", () => {
    expect(essenceOf("Application/JSON ; charset=utf-8")).toBe("application/json");
    expect(essenceOf("")).toBe("");
    expect(shapeOf(mediaTypes.dockerManifest)).toBe("image");
    expect(shapeOf("application/vnd.oci.image.manifest.v2+json")).toBe("unknown");
  });

  it("tell the layers that nobody may distribute", () => {
    expect(isNonDistributable("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd")).toBe(true);
    expect(isNonDistributable("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")).toBe(true);
    expect(isNonDistributable(mediaTypes.layer)).toBe(false);
  });
});

describe("the media type of a manifest", () => {
  const image = { schemaVersion: 2, config, layers: [] };
  const octets = "application/octet-stream";

  it.each([
    ["has a line break", "application/x\r\nset-cookie: a"],
    ["has a character that no header can carry", "application/€"],
    ["has a NUL", "application/x\u0000"],
    ["has no slash", "application"],
    ["is blank", " "],
    ["has parameters", `${mediaTypes.manifest};a=b`],
    ["is endless", `application/${"x".repeat(300)}`],
  ])("is refused when it %s, since every GET would have to answer with it", (_, mediaType) => {
    expect(() => parse({ ...image, mediaType }, octets)).toThrow(OciError);
  });

  it("is the same in any case, so that no spelling escapes the rules of its type", () => {
    const shouted = mediaTypes.manifest.toUpperCase();
    expect(parse({ ...image, mediaType: shouted }, octets)).toMatchObject({
      mediaType: mediaTypes.manifest,
      references: [{ digest: config.digest, required: true }],
    });
    expect(() => parse({ mediaType: shouted }, octets)).toThrow(OciError);
  });

  it("is not taken from a Content-Type that is none", () => {
    expect(() => parse(image, "nonsense")).toThrow(OciError);
  });
});

describe("a manifest that nests too deeply", () => {
  const nested = (depth: number) => Buffer.from(`{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`);

  it("is refused before it is parsed, and brackets in strings do not count", () => {
    expect(() => parseManifest(nested(100_000), "application/vnd.example.x+json")).toThrow(OciError);
    expect(parseManifest(nested(400), "application/vnd.example.x+json").references).toEqual([]);
    const text = { x: `\\"${"[".repeat(5000)}` };
    expect(parse(text, "application/vnd.example.x+json").references).toEqual([]);
  });
});
