// Fetches images before anybody asks for them: through the same registry that serves pulls, so that what is here
// afterwards is what a pull would have left, and what is here already costs nothing.
import { Writable } from "node:stream";
import type { Digest } from "../../../storage/digest.ts";
import { inParallel } from "../../jobs/in-parallel.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { RepositoryName } from "../../oci/repository-name.ts";
import type { NamespaceResolver } from "../../registry/namespace-resolver.ts";
import type { Registry, StoredManifest } from "../../registry/registry.ts";
import { imageContent, type Wanted } from "./image-content.ts";
import { parseImageReference, type ImageReference } from "./image-reference.ts";
import type { Part } from "./manifest-content.ts";

export interface PreloadParts {
  /** The registry that fetches what it does not hold. */
  readonly registry: Pick<Registry, "manifests" | "blobs" | "referrers">;
  /** The one below it, which answers for what is held alone. */
  readonly held: Pick<Registry["blobs"], "stat">;
  /** Resolves when a blob that was read to its end is kept, or will not be. */
  readonly settled: (repository: RepositoryName, digest: Digest) => Promise<void>;
  readonly names: Pick<NamespaceResolver, "resolve">;
}

export interface PreloadOrder extends Wanted {
  /** As people write them: alpine, docker.io/library/alpine:3.20, registry.k8s.io/pause:3.10@sha256:… */
  readonly images: readonly string[];
}

export interface PreloadedImage {
  readonly image: string;
  readonly phase: "waiting" | "resolving" | "fetching" | "done" | "failed";
  /** The repository that it is in here. */
  readonly repository: string | undefined;
  readonly digest: Digest | undefined;
  readonly platforms: readonly string[];
  /** Of the blobs: known once the manifests are. */
  readonly totalBytes: number;
  /** Of those, here now. */
  readonly bytes: number;
  /** Of those, here before. */
  readonly heldBytes: number;
  /** Why it failed; or, of one that is done, what is to be known. */
  readonly remark: string | undefined;
}

export interface PreloadOptions {
  readonly signal: AbortSignal;
  /** Called at each change, often. */
  readonly onProgress?: (images: readonly PreloadedImage[]) => void;
}

type Entry = { -readonly [K in keyof PreloadedImage]: PreloadedImage[K] };

/** Blobs at a time. */
const lanes = 4;

export class Preload {
  readonly #parts: PreloadParts;
  readonly #order: PreloadOrder;
  readonly #entries: readonly Entry[];
  #options: PreloadOptions = { signal: AbortSignal.abort() };

  constructor(parts: PreloadParts, order: PreloadOrder) {
    this.#parts = parts;
    this.#order = order;
    this.#entries = [...new Set(order.images)].map(newEntry);
  }

  /** How far it is. */
  get images(): readonly PreloadedImage[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  /**
   * To be called once. An image that fails stops none of the others.
   * @throws the signal's reason, once it fired
   */
  async run(options: PreloadOptions): Promise<readonly PreloadedImage[]> {
    this.#options = options;
    for (const entry of this.#entries) {
      options.signal.throwIfAborted();
      try {
        await this.#bring(entry);
        this.#change(entry, { phase: "done" });
      } catch (error) {
        options.signal.throwIfAborted();
        this.#change(entry, { phase: "failed", remark: reasonOf(error) });
      }
    }
    return this.images;
  }

  async #bring(entry: Entry): Promise<void> {
    const { registry } = this.#parts;
    this.#change(entry, { phase: "resolving" });
    const image = parseImageReference(entry.image);
    if (image === undefined) throw new Error("this is no image: write it as docker pull takes it");
    const repository = await this.#repositoryOf(image);
    this.#change(entry, { repository });
    const root = await registry.manifests.find(repository, image.reference);
    if (root === undefined) throw new Error("the upstream has no such image");
    this.#change(entry, { digest: root.digest, remark: remarkOn(root) });
    const { blobs, platforms } = await imageContent(registry, repository, root, this.#order);
    const totalBytes = blobs.reduce((sum, { size }) => sum + size, 0);
    this.#change(entry, { phase: "fetching", platforms, totalBytes });
    await inParallel(each(blobs), lanes, (blob) => this.#fetch(entry, repository, blob));
  }

  async #repositoryOf({ host, name }: ImageReference): Promise<RepositoryName> {
    const resolved = await this.#parts.names.resolve({ name, ns: host, purpose: "pull" });
    if (resolved.kind === "mirrored") return resolved.name;
    const reason = resolved.kind === "unknown" ? `: ${resolved.reason}` : "";
    throw new Error(`nothing is mirrored from there${reason}`);
  }

  async #fetch(entry: Entry, repository: RepositoryName, { digest, size }: Part): Promise<void> {
    const { registry, held, settled } = this.#parts;
    if (await held.stat(repository, digest)) return this.#hold(entry, size);
    const blob = await registry.blobs.open(repository, digest);
    if (blob === undefined) throw new Error(`the upstream does not have the blob ${digest}`);
    // held for another repository, and from now on for this one
    if (blob.cache?.outcome === "hit") {
      await blob.body.close();
      return this.#hold(entry, size);
    }
    let moved = 0;
    const count = (bytes: number): void => {
      moved += bytes;
      this.#change(entry, { bytes: entry.bytes + bytes });
    };
    try {
      await blob.body.writeTo(discard(count), this.#options.signal);
    } catch (error) {
      this.#change(entry, { bytes: entry.bytes - moved });
      throw error;
    }
    await settled(repository, digest);
    if (!(await held.stat(repository, digest))) throw new Error(passedThrough);
  }

  #hold(entry: Entry, size: number): void {
    this.#change(entry, { bytes: entry.bytes + size, heldBytes: entry.heldBytes + size });
  }

  #change(entry: Entry, change: Partial<Entry>): void {
    Object.assign(entry, change);
    this.#options.onProgress?.(this.#entries);
  }
}

const passedThrough =
  "there was no room to keep it: see mirror.maxBytes and mirror.minFreeBytes, and what is pinned";

function newEntry(image: string): Entry {
  const nothing = { repository: undefined, digest: undefined, platforms: [], remark: undefined };
  return { image, phase: "waiting", ...nothing, totalBytes: 0, bytes: 0, heldBytes: 0 };
}

function remarkOn({ cache }: StoredManifest): string | undefined {
  return cache?.outcome === "stale"
    ? `the upstream could not be asked whether it is still this one`
    : undefined;
}

function discard(count: (bytes: number) => void): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      count(chunk.length);
      done();
    },
  });
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof OciError)) return error instanceof Error ? error.message : String(error);
  const reason = new Map<string, unknown>(Object.entries(error.detail ?? {})).get("reason");
  return typeof reason === "string" ? `${error.message} (${reason})` : error.message;
}
