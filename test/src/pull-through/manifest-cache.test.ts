// Under which media type a manifest is kept: a source that is trusted with bytes by their digest is not with their type.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../../storage/digest.ts";
import { manifestFrom, mediaTypes, randomBlob } from "../../support/images.ts";
import { openMirror, referenceTo, repositoryNamed, type MirrorUnderTest } from "./mirror-under-test.ts";

const repository = repositoryNamed("up.example/app");
const { manifest, index, dockerManifest, dockerList } = mediaTypes;

const descriptor = (mediaType: string) => ({ mediaType, digest: digestOf(randomBlob()), size: 7 });
const image = {
  schemaVersion: 2,
  config: descriptor("application/vnd.oci.image.config.v1+json"),
  layers: [],
};
const list = { schemaVersion: 2, manifests: [descriptor(manifest)] };
const old = { schemaVersion: 1, name: "app", tag: "v1", fsLayers: [], history: [], signatures: [] };
const schema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";

const cases: readonly (readonly [what: string, content: object, sent: string, kept: string])[] = [
  ["an image that says so", { ...image, mediaType: dockerManifest }, manifest, dockerManifest],
  ["an image that is called an index", { ...image, mediaType: manifest }, index, manifest],
  [
    "an index that is called text",
    { ...list, mediaType: dockerList },
    "text/html; charset=utf-8",
    dockerList,
  ],
  ["an image without a type", image, manifest, manifest],
  ["an image without a type that is called Docker's", image, dockerManifest, manifest],
  ["an image without a type that is called an index", image, index, manifest],
  ["an image without a type that is called something else", image, "application/vnd.evil+json", manifest],
  ["an index without a type that is called an image", list, manifest, index],
  ["what has neither type nor shape", old, schema1, schema1],
];

let mirror: MirrorUnderTest;
beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror.close());

describe("a manifest is kept as what its bytes say", () => {
  it.each(cases)("%s", async (_, content, sent, kept) => {
    const { bytes } = manifestFrom(content);
    const at = referenceTo(mirror.upstream.addManifest("app", bytes, sent));
    for (const outcome of ["miss", "hit"]) {
      const found = await mirror.registry.manifests.find(repository, at);
      expect(found).toMatchObject({ bytes, mediaType: kept, cache: { outcome } });
    }
  });
});
