// What stands for a mirror in the tests of preloading: a real registry that has everything, and a small cache in front of
// it that notes what was asked for and what went through it whole.
import { Readable, type Writable } from "node:stream";
import { onTestFinished } from "vitest";
import { parseReference } from "../../../../src/oci/reference.ts";
import { parseRepositoryName, type RepositoryName } from "../../../../src/oci/repository-name.ts";
import type { PreloadParts } from "../../../../src/pull-through/preload/preload.ts";
import { createLocalRegistry } from "../../../../src/registry/local-registry.ts";
import type { NamespaceResolver } from "../../../../src/registry/namespace-resolver.ts";
import type { Registry } from "../../../../src/registry/registry.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import { parseDigest, type Digest } from "../../../../storage/digest.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import {
  describeManifest,
  digestOf,
  imageIndex,
  imageManifest,
  randomBlob,
  type Manifest,
} from "../../../support/images.ts";

export const repository = nameOf("docker.io/library/app");

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

export class Upstream {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  static async open(): Promise<Upstream> {
    const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    onTestFinished(() => metadata.close());
    const blobStore = await openBlobStore({ kind: "memory" });
    const uploads = { expirySeconds: 3600, leaseSeconds: 10 };
    const gc = { graceSeconds: 86_400 };
    let ids = 0;
    const newId = () => `00000000-0000-4000-8000-${String(ids++).padStart(12, "0")}`;
    return new Upstream(createLocalRegistry({ blobStore, metadata, uploads, gc, now: Date.now, newId }));
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

/** Remembers which manifests were asked for, and keeps the blobs that went through it whole, some time after. */
export class SmallCache {
  readonly opened: string[] = [];
  readonly manifests = new Set<string>();
  readonly held = new Set<string>();
  keeps = true;
  readonly #whole = new Set<string>();
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
      settled: async (_, digest) => {
        if (this.keeps && this.#whole.has(digest)) this.held.add(digest);
      },
      registry: {
        referrers,
        manifests: {
          announce: manifests.announce.bind(manifests),
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
        this.#whole.add(digest);
      },
    };
  }
}
