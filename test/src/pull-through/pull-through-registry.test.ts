import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../../storage/digest.ts";
import { OciError } from "../../../src/oci/oci-error.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import type { OpenBlob } from "../../../src/registry/registry.ts";
import { imageManifest, manifestFrom, mediaTypes, randomBlob, type Manifest } from "../../support/images.ts";
import { openMirror, referenceTo, repositoryNamed, type MirrorUnderTest } from "./mirror-under-test.ts";

const repository = repositoryNamed("up.example/app");
const own = repositoryNamed("team/app");

let mirror: MirrorUnderTest;
beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror.close());

async function kindOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof OciError) return error.kind;
    throw error;
  }
}

const bytesOf = async (blob: OpenBlob | undefined) => blob && buffer(blob.body.stream());

async function push(blob: Buffer): Promise<void> {
  const { uploads } = mirror.local;
  const { id } = await uploads.start(own, "sha256", "somebody");
  await uploads.complete(own, id, digestOf(blob), { source: () => Readable.from([blob]) });
}

describe("a manifest of an upstream, by digest", () => {
  const shapes: ReadonlyArray<readonly [what: string, manifest: Manifest]> = [
    ["an OCI image", imageManifest(randomBlob(), [randomBlob()])],
    [
      "an index whose children nobody has",
      manifestFrom({
        schemaVersion: 2,
        mediaType: mediaTypes.index,
        manifests: [
          {
            mediaType: mediaTypes.manifest,
            digest: digestOf(randomBlob()),
            size: 7,
            platform: { os: "linux", architecture: "arm64" },
          },
        ],
      }),
    ],
    [
      "a docker image",
      manifestFrom({
        schemaVersion: 2,
        mediaType: mediaTypes.dockerManifest,
        config: {
          mediaType: "application/vnd.docker.container.image.v1+json",
          digest: digestOf(randomBlob()),
          size: 2,
        },
        layers: [],
      }),
    ],
    ["a docker list", manifestFrom({ schemaVersion: 2, mediaType: mediaTypes.dockerList, manifests: [] })],
    [
      "an artifact with a subject",
      imageManifest(randomBlob(), [], {
        artifactType: "application/x-sig",
        subject: { mediaType: mediaTypes.manifest, digest: digestOf(randomBlob()), size: 7 },
      }),
    ],
    ["a type that nobody knows", manifestFrom({ mediaType: "application/vnd.example.thing+json", hello: 1 })],
    [
      "an image with zstd layers",
      imageManifest(randomBlob(), [], {
        layers: [
          {
            mediaType: "application/vnd.oci.image.layer.v1.tar+zstd",
            digest: digestOf(randomBlob()),
            size: 7,
          },
        ],
      }),
    ],
    [
      "bytes that are no JSON",
      {
        ...manifestFrom({}),
        bytes: Buffer.from("schema 1?"),
        mediaType: "text/x-old",
        digest: digestOf(Buffer.from("schema 1?")),
      },
    ],
  ];

  it("that can't be kept is not said to be", async () => {
    const at = mirror.upstream.addManifest("app", Buffer.from("schema 1?"), "text/x-old", "v1");
    for (const reference of [at, "v1", at, "v1"]) {
      const found = await mirror.registry.manifests.find(repository, referenceTo(reference));
      expect(found).toMatchObject({ digest: at, cache: { outcome: "passed" } });
    }
  });

  it.each(shapes)("comes as it is: %s", async (_, { bytes, mediaType }) => {
    const at = mirror.upstream.addManifest("app", bytes, mediaType, "v1");
    for (const reference of [at, "v1", at, "v1"]) {
      const found = await mirror.registry.manifests.find(repository, referenceTo(reference));
      expect(found).toMatchObject({ digest: at, mediaType, bytes });
    }
  });

  it("is fetched once and then never asked for, by nobody", async () => {
    const { bytes, mediaType } = imageManifest(randomBlob(), []);
    const at = referenceTo(mirror.upstream.addManifest("app", bytes, mediaType));
    const many = Array.from({ length: 50 }, () => mirror.registry.manifests.find(repository, at));
    expect((await Promise.all(many)).every((found) => found?.bytes.equals(bytes))).toBe(true);
    mirror.upstream.fault = "connection";
    expect(await mirror.registry.manifests.find(repository, at)).toMatchObject({ cache: { outcome: "hit" } });
    expect(mirror.upstream.calls).toHaveLength(1);
    expect(mirror.pulled).toHaveLength(51);
  });

  it("is kept out of memory of what is absent for longer than that lasts", async () => {
    const { bytes, mediaType } = imageManifest(randomBlob(), []);
    const at = referenceTo(digestOf(bytes));
    expect(await mirror.registry.manifests.find(repository, at)).toBeUndefined();
    expect(await mirror.registry.manifests.find(repository, at)).toBeUndefined();
    expect(mirror.upstream.calls).toHaveLength(1);
    mirror.upstream.addManifest("app", bytes, mediaType);
    mirror.clock.seconds += 20;
    expect(await mirror.registry.manifests.find(repository, at)).toMatchObject({ bytes });
  });
});

describe("a blob of an upstream", () => {
  it("is looked for by HEAD, fetched once, and then held", async () => {
    const bytes = randomBlob(1000);
    const at = mirror.upstream.addBlob("app", bytes);
    const there = { size: 1000, cache: { outcome: "passed", ageSeconds: 0 } };
    expect(await mirror.registry.blobs.stat(repository, at)).toEqual(there);
    expect(mirror.upstream.calls).toEqual([`statBlob app@${at}`]);
    const opened = await mirror.registry.blobs.open(repository, at);
    expect(opened?.cache?.outcome).toBe("miss");
    expect(await bytesOf(opened)).toEqual(bytes);
    mirror.upstream.fault = "connection";
    const again = await mirror.registry.blobs.open(repository, at, () => ({ start: 10, end: 19 }));
    expect(again).toMatchObject({ size: 1000, range: { start: 10, end: 19 }, cache: { outcome: "hit" } });
    expect(await bytesOf(again)).toEqual(bytes.subarray(10, 20));
    const here = { size: 1000, cache: { outcome: "hit", ageSeconds: 0 } };
    expect(await mirror.registry.blobs.stat(repository, at)).toEqual(here);
    expect(mirror.upstream.calls.filter((call) => call.startsWith("fetchBlob"))).toHaveLength(1);
  });

  it("is measured by fetching it where no HEAD says how long it is", async () => {
    mirror.upstream.saysSizes = false;
    const at = mirror.upstream.addBlob("app", randomBlob(77));
    expect(await mirror.registry.blobs.stat(repository, at)).toEqual({
      ...{ size: 77, cache: { outcome: "miss", ageSeconds: 0 } },
    });
  });

  it("that another repository holds is taken from there when a manifest of this one names it, and only then", async () => {
    const layer = randomBlob();
    await push(layer);
    const { bytes, mediaType } = imageManifest(randomBlob(), [layer]);
    const at = digestOf(layer);
    expect(await mirror.registry.blobs.open(repository, at)).toBeUndefined();
    const image = mirror.upstream.addManifest("app", bytes, mediaType);
    await mirror.registry.manifests.find(repository, referenceTo(image));
    mirror.upstream.calls.splice(0);
    expect(await bytesOf(await mirror.registry.blobs.open(repository, at))).toEqual(layer);
    expect(mirror.upstream.calls).toEqual([]);
  });

  it("is not taken from a repository that nothing may be shared with, whatever a manifest names", async () => {
    await mirror.close();
    mirror = await openMirror({
      sharedWith: (upstream) => ({ kind: "projects", projects: [upstream], defaultProject: "library" }),
    });
    const layer = randomBlob();
    await push(layer);
    const { bytes, mediaType } = imageManifest(randomBlob(), [layer]);
    const { blobs, manifests } = mirror.registry;
    for (const name of ["app", "other"]) {
      const image = mirror.upstream.addManifest(name, bytes, mediaType);
      await manifests.find(repositoryNamed(`up.example/${name}`), referenceTo(image));
    }
    const at = digestOf(layer);
    expect(await blobs.stat(repository, at)).toBeUndefined();
    expect(await blobs.open(repository, at)).toBeUndefined();
    expect(await blobs.redirectUrl(repository, at)).toBeUndefined();
    mirror.upstream.addBlob("app", layer);
    mirror.clock.seconds += 20;
    const fetched = await blobs.open(repository, at);
    expect(fetched?.cache?.outcome).toBe("miss");
    expect(await bytesOf(fetched)).toEqual(layer);
    // Its own repositories share.
    const shared = await blobs.open(repositoryNamed("up.example/other"), at);
    expect(shared?.cache?.outcome).toBe("hit");
    expect(await bytesOf(shared)).toEqual(layer);
  });

  it("that is not there is absent, and one that can't be fetched is no 404", async () => {
    const at = digestOf(randomBlob());
    expect(await mirror.registry.blobs.stat(repository, at)).toBeUndefined();
    expect(await mirror.registry.blobs.open(repository, at)).toBeUndefined();
    mirror.clock.seconds += 20;
    mirror.upstream.fault = "refused";
    expect(await kindOf(mirror.registry.blobs.stat(repository, at))).toBe("upstreamRefused");
    expect(await kindOf(mirror.registry.blobs.open(repository, at))).toBe("upstreamRefused");
  });

  it("can be mounted into a repository of our own", async () => {
    const bytes = randomBlob();
    const at = mirror.upstream.addBlob("app", bytes);
    await bytesOf(await mirror.registry.blobs.open(repository, at));
    expect(await mirror.registry.blobs.mount(own, at, repository, { kind: "all" })).toBe(true);
    expect(await bytesOf(await mirror.registry.blobs.open(own, at))).toEqual(bytes);
  });
});

describe("a mirrored repository", () => {
  it("can't be changed", async () => {
    const { manifests, blobs, uploads } = mirror.registry;
    const { bytes, mediaType } = imageManifest(randomBlob(), []);
    const at = digestOf(bytes);
    const put = { bytes, contentType: mediaType, tags: [] as Tag[], precondition: undefined };
    const changes = [
      () => manifests.put(repository, referenceTo("v1"), put),
      () => manifests.delete(repository, referenceTo("v1")),
      () => blobs.delete(repository, at),
      () => blobs.mount(repository, at, own, { kind: "all" }),
      () => uploads.start(repository, "sha256", "somebody"),
      () => uploads.complete(repository, "x", at),
      () => uploads.cancel(repository, "x"),
    ];
    for (const change of changes) expect(await kindOf(change())).toBe("mirrorReadOnly");
    expect(await kindOf(manifests.delete(own, referenceTo("v1")))).toBe("manifestUnknown");
  });

  it("has the tags of its upstream, in the upstream's pages, and what is cached of them when that fails", async () => {
    const { bytes, mediaType } = imageManifest(randomBlob(), []);
    mirror.upstream.addManifest("app", bytes, mediaType, "a", "b", "c");
    const { tags, manifests } = mirror.registry;
    expect(await tags.list(repository, { limit: 2 })).toMatchObject({ entries: ["a", "b"], more: true });
    expect(await tags.list(repository, { limit: 2, after: "b" })).toMatchObject({
      entries: ["c"],
      more: false,
    });
    expect(await tags.list(repository, { limit: 2 })).toMatchObject({ cache: { outcome: "hit" } });
    expect(mirror.upstream.count("listTags")).toBe(2);
    expect(await tags.list(repository, { limit: 0 })).toMatchObject({ entries: [], more: true });
    await manifests.find(repository, referenceTo("b"));
    mirror.upstream.fault = "failing";
    mirror.clock.seconds += 20;
    for (let lists = 0; lists < 3; lists += 1) {
      expect(await tags.list(repository, { limit: 2 })).toMatchObject({
        ...{ entries: ["b"], more: false, cache: { outcome: "stale", reason: "failing" } },
      });
    }
    expect(mirror.upstream.count("listTags")).toBe(4);
  });

  it("has no tags that the upstream has not, and says when that can't be known", async () => {
    expect(await mirror.registry.tags.list(repository, { limit: 2 })).toBeUndefined();
    const other = repositoryNamed("up.example/other");
    mirror.upstream.fault = "dns";
    expect(await kindOf(mirror.registry.tags.list(other, { limit: 2 }))).toBe("upstreamFailed");
  });

  it("answers for our own repositories as if there were no mirror", async () => {
    expect(await mirror.registry.tags.list(own, { limit: 2 })).toBeUndefined();
    expect(await mirror.registry.manifests.find(own, referenceTo("v1"))).toBeUndefined();
    expect(await mirror.registry.blobs.open(own, digestOf(randomBlob()))).toBeUndefined();
    expect(await mirror.registry.referrers.list(own, digestOf(randomBlob()), {})).toEqual({ manifests: [] });
    expect([mirror.upstream.calls, mirror.answers, mirror.pulled]).toEqual([[], [], []]);
  });
});
