// Preloading over a real registry: one that has everything stands for the upstream, and a small cache in front of it
// notes what was drawn through it to the end.
import { Readable, type Writable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { OciError } from "../../../../src/oci/oci-error.ts";
import { parseReference } from "../../../../src/oci/reference.ts";
import { parseRepositoryName, type RepositoryName } from "../../../../src/oci/repository-name.ts";
import { parsePlatform, type Platform } from "../../../../src/pull-through/preload/platform.ts";
import {
  Preload,
  type PreloadedImage,
  type PreloadParts,
} from "../../../../src/pull-through/preload/preload.ts";
import { createLocalRegistry } from "../../../../src/registry/local-registry.ts";
import type { NamespaceResolver } from "../../../../src/registry/namespace-resolver.ts";
import type { Registry } from "../../../../src/registry/registry.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { parseDigest, type Digest } from "../../../../storage/digest.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import {
  artifact,
  describeManifest,
  digestOf,
  emptyJson,
  imageIndex,
  imageManifest,
  randomBlob,
  type Manifest,
} from "../../../support/images.ts";

const repository = nameOf("docker.io/library/app");

function nameOf(text: string): RepositoryName {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(text);
  return name;
}

function digestIn(text: string): Digest {
  const digest = parseDigest(text);
  if (digest === undefined) throw new Error(text);
  return digest;
}

const linux = (architecture: string): Platform =>
  parsePlatform(`linux/${architecture}`) ?? { os: "", architecture: "" };

/** docker.io alone is mirrored. */
const names: Pick<NamespaceResolver, "resolve"> = {
  resolve: async ({ name, ns = "" }) =>
    ns === "docker.io"
      ? {
          kind: "mirrored",
          name: nameOf(`docker.io/${name.includes("/") ? name : `library/${name}`}`),
          upstream: ns,
        }
      : { kind: "unknown", reason: `${ns} is no upstream` },
};

class Upstream {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  static async open(): Promise<Upstream> {
    const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    onTestFinished(() => metadata.close());
    const blobStore = await openBlobStore({ kind: "memory" });
    const uploads = { expirySeconds: 3600, leaseSeconds: 10 };
    let ids = 0;
    const newId = () => `00000000-0000-4000-8000-${String(ids++).padStart(12, "0")}`;
    return new Upstream(createLocalRegistry({ blobStore, metadata, uploads, now: Date.now, newId }));
  }

  async addBlob(content: Buffer): Promise<Buffer> {
    const { uploads } = this.registry;
    const digest = digestIn(digestOf(content));
    const { id } = await uploads.start(repository, "sha256", "somebody");
    await uploads.complete(repository, id, digest, { source: () => Readable.from([content]) });
    return content;
  }

  async addManifest(manifest: Manifest, tag?: string): Promise<Manifest> {
    const reference = parseReference(tag ?? manifest.digest);
    if (reference === undefined) throw new Error(tag);
    const { bytes, mediaType } = manifest;
    await this.registry.manifests.put(repository, reference, {
      bytes,
      contentType: mediaType,
      tags: [],
      precondition: undefined,
    });
    return manifest;
  }

  /** A manifest with two layers of a kilobyte each. */
  async addImage(tag?: string): Promise<Manifest> {
    const config = await this.addBlob(randomBlob(100));
    const layers = [await this.addBlob(randomBlob(1000)), await this.addBlob(randomBlob(1000))];
    return this.addManifest(imageManifest(config, layers), tag);
  }

  async addIndex(tag: string, architectures: readonly string[]): Promise<Record<string, Manifest>> {
    const children = await Promise.all(architectures.map(() => this.addImage()));
    const entries = children.map((child, at) => ({
      ...describeManifest(child),
      platform: { os: "linux", architecture: architectures[at] },
    }));
    const index = await this.addManifest(imageIndex(entries), tag);
    return { index, ...Object.fromEntries(architectures.map((name, at) => [name, children[at] ?? index])) };
  }
}

/** Remembers which manifests were asked for, and which blobs went through it whole. */
class Cache {
  readonly opened: string[] = [];
  readonly manifests = new Set<string>();
  readonly held = new Set<string>();
  keeps = true;
  readonly #upstream: Registry;

  constructor(upstream: Registry) {
    this.#upstream = upstream;
  }

  parts(): PreloadParts {
    const { manifests, blobs, referrers } = this.#upstream;
    const stat = async (_: RepositoryName, digest: Digest) =>
      this.held.has(digest) ? { size: 0 } : undefined;
    return {
      names,
      held: { stat },
      registry: {
        referrers,
        manifests: {
          put: manifests.put.bind(manifests),
          delete: manifests.delete.bind(manifests),
          find: async (name, reference) => {
            const found = await manifests.find(name, reference);
            if (found) this.manifests.add(found.digest);
            return found;
          },
        },
        blobs: {
          stat,
          redirectUrl: async () => undefined,
          mount: async () => false,
          delete: async () => undefined,
          open: async (name, digest) => {
            this.opened.push(digest);
            const blob = await blobs.open(name, digest);
            return blob && { ...blob, body: this.#noted(digest, blob.body) };
          },
        },
      },
    };
  }

  #noted(
    digest: Digest,
    body: NonNullable<Awaited<ReturnType<Registry["blobs"]["open"]>>>["body"],
  ): typeof body {
    return {
      size: body.size,
      stream: () => body.stream(),
      close: () => body.close(),
      writeTo: async (destination: Writable, signal: AbortSignal) => {
        await body.writeTo(destination, signal);
        if (this.keeps) this.held.add(digest);
      },
    };
  }
}

const order = { platforms: [linux("amd64")], withSignatures: false };
const signal = new AbortController().signal;

describe("a preload", () => {
  it("fetches the manifests and blobs of the wanted platform, and nothing of the others", async () => {
    const upstream = await Upstream.open();
    const { index, amd64, arm64 } = await upstream.addIndex("1", ["amd64", "arm64"]);
    const cache = new Cache(upstream.registry);
    const steps: PreloadedImage["phase"][] = [];
    const [report] = await new Preload(cache.parts(), { ...order, images: ["app:1"] }).run({
      signal,
      onProgress: ([one]) => {
        if (one && steps.at(-1) !== one.phase) steps.push(one.phase);
      },
    });
    expect(report).toEqual({
      ...{ image: "app:1", phase: "done", repository, digest: index?.digest, platforms: ["linux/amd64"] },
      ...{ totalBytes: 2100, bytes: 2100, heldBytes: 0, remark: undefined },
    });
    expect(steps).toEqual(["resolving", "fetching", "done"]);
    expect([...cache.manifests].sort()).toEqual([index?.digest, amd64?.digest].sort());
    expect(cache.manifests.has(arm64?.digest ?? "")).toBe(false);
    expect(cache.opened).toHaveLength(3);
  });

  it("asks for nothing that is held already, so that what was broken off goes on where it was", async () => {
    const upstream = await Upstream.open();
    await upstream.addImage("1");
    const cache = new Cache(upstream.registry);
    const preload = () => new Preload(cache.parts(), { ...order, images: ["app:1"] }).run({ signal });
    await preload();
    const before = cache.opened.length;
    const [report] = await preload();
    expect(cache.opened).toHaveLength(before);
    expect(report).toMatchObject({ phase: "done", bytes: 2100, heldBytes: 2100 });
  });

  it("of all platforms takes the whole index, and an image that is of one is taken as it is", async () => {
    const upstream = await Upstream.open();
    await upstream.addIndex("all", ["amd64", "arm64", "s390x"]);
    await upstream.addImage("one");
    const cache = new Cache(upstream.registry);
    const images = ["app:all", "app:one"];
    const report = await new Preload(cache.parts(), { ...order, platforms: "all", images }).run({ signal });
    expect(report.map(({ platforms, totalBytes }) => [platforms.length, totalBytes])).toEqual([
      [3, 6300],
      [0, 2100],
    ]);
  });

  it("brings signatures along when they are wanted: by tag, by referrer, and as an index lists attestations", async () => {
    const upstream = await Upstream.open();
    const image = await upstream.addImage();
    const attestation = await upstream.addImage();
    const index = await upstream.addManifest(
      imageIndex([
        { ...describeManifest(image), platform: { os: "linux", architecture: "amd64" } } as never,
        {
          ...describeManifest(attestation),
          platform: { os: "unknown", architecture: "unknown" },
          annotations: { "vnd.docker.reference.digest": image.digest },
        } as never,
      ]),
      "1",
    );
    const tagged = await upstream.addImage(`${index.digest.replace(":", "-")}.sig`);
    await upstream.addBlob(emptyJson);
    const referrer = await upstream.addManifest(artifact("application/x.signature", describeManifest(image)));
    const found = async (withSignatures: boolean) => {
      const cache = new Cache(upstream.registry);
      const [report] = await new Preload(cache.parts(), { ...order, withSignatures, images: ["app:1"] }).run({
        signal,
      });
      expect(report).toMatchObject({ phase: "done", platforms: ["linux/amd64"] });
      return [attestation, tagged, referrer].map(({ digest }) => cache.manifests.has(digest));
    };
    expect(await found(false)).toEqual([false, false, false]);
    expect(await found(true)).toEqual([true, true, true]);
  });

  it("that fails for an image says why, and goes on with the others", async () => {
    const upstream = await Upstream.open();
    await upstream.addIndex("arm", ["arm64"]);
    await upstream.addImage("good");
    const cache = new Cache(upstream.registry);
    const images = ["app:arm", "app:missing", "quay.io/a/b", "no image", "app:good"];
    const report = await new Preload(cache.parts(), { ...order, images }).run({ signal });
    expect(report.map(({ phase, remark = "" }) => `${phase}: ${remark}`)).toEqual([
      "failed: it is not there for linux/amd64; it is for linux/arm64",
      "failed: the upstream has no such image",
      "failed: nothing is mirrored from there: quay.io is no upstream",
      "failed: this is no image: write it as docker pull takes it",
      "done: ",
    ]);
  });

  it("fails for an image whose bytes went through without being kept, or whose upstream refuses", async () => {
    const upstream = await Upstream.open();
    await upstream.addImage("1");
    const cache = new Cache(upstream.registry);
    cache.keeps = false;
    const parts = cache.parts();
    const [full] = await new Preload(parts, { ...order, images: ["app:1"] }).run({ signal });
    expect(full?.remark).toMatch(/no room to keep it/);
    const find = () => Promise.reject(new OciError("upstreamFailed", { detail: { reason: "dns" } }));
    const refusing = {
      ...parts,
      registry: { ...parts.registry, manifests: { ...parts.registry.manifests, find } },
    };
    const [refused] = await new Preload(refusing, { ...order, images: ["app:1"] }).run({ signal });
    expect(refused?.remark).toMatch(/can't be reached or fails.*\(dns\)$/);
  });

  it("ends when it is told to, in the middle of an image", async () => {
    const upstream = await Upstream.open();
    await upstream.addImage("1");
    const stop = new AbortController();
    const running = new Preload(new Cache(upstream.registry).parts(), {
      ...order,
      images: ["app:1", "app:1b"],
    });
    const onProgress = () => stop.abort(new Error("ended by the test"));
    await expect(running.run({ signal: stop.signal, onProgress })).rejects.toThrow("ended by the test");
    expect(running.images.map(({ phase }) => phase)).not.toContain("done");
  });
});
