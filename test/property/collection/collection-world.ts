// One sequence's registry, on the real stores, beside the model of what it promised; with a clock, and with everything
// that lasts longer than a step: pushes that are not over, reads, and a delete queue that stopped between mark and delete.
import { createLocalRegistry } from "../../../src/registry/local-registry.ts";
import { DiscardedObjects } from "../../../src/jobs/discarded-objects.ts";
import type { Registry } from "../../../src/registry/registry.ts";
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import type { Locator } from "../../../storage/blobs/stored-object.ts";
import type { GarbageStore } from "../../../storage/metadata/garbage-store.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { ObservedBlobStore } from "../../support/observed-blob-store.ts";
import type { CollectionGround } from "./collection-ground.ts";
import { CollectionModel } from "./collection-model.ts";
import { repositories, type KnownBlob, type KnownManifest } from "./known-content.ts";

export const minute = 60_000;
export const grace = 20 * minute;

/** What a sequence works with, and what a defect puts something else into. */
export interface CollectionParts {
  readonly metadata: MetadataStore;
  readonly blobStore: BlobStore;
  /** The collector's two kinds of steps, on whatever it looks at. */
  readonly collect: {
    manifests(now: number, limit: number): ReturnType<GarbageStore["collectManifests"]>;
    links(now: number, limit: number): ReturnType<GarbageStore["collectLinks"]>;
  };
}

export type Assemble = (ground: CollectionGround) => CollectionParts;

export function soundParts({ runner, blobStore }: CollectionGround): CollectionParts {
  const metadata = new SqlMetadataStore(runner);
  return { metadata, blobStore, collect: collectWith(metadata.garbage, grace, minute) };
}

export function collectWith(
  garbage: GarbageStore,
  graceMilliseconds: number,
  readerMilliseconds: number,
): CollectionParts["collect"] {
  const stepAt = (now: number, limit: number) => ({ before: now - graceMilliseconds, limit });
  return {
    manifests: (now, limit) => garbage.collectManifests(stepAt(now, limit)),
    links: (now, limit) =>
      garbage.collectLinks({ ...stepAt(now, limit), now, dueAt: now + readerMilliseconds }),
  };
}

export interface Push {
  readonly repository: (typeof repositories)[number];
  readonly manifest: KnownManifest;
  readonly tag: string | undefined;
}

/** Knows where the object lies, as one that reads it from a bucket in pieces. */
interface Reader {
  readonly holder: string;
  readonly locator: Locator;
  readonly blob: KnownBlob;
  readonly leaseAt: number;
}

interface PausedDeletion {
  readonly goOn: () => void;
  readonly done: Promise<void>;
}

export class CollectionWorld {
  readonly model = new CollectionModel(repositories, grace);
  readonly parts: CollectionParts;
  readonly registry: Registry;
  readonly pushes: Push[] = [];
  readonly readers: Reader[] = [];
  #paused: PausedDeletion | undefined;
  #now = 100 * grace;
  #ids = 0;

  constructor(parts: CollectionParts) {
    this.parts = parts;
    this.registry = createLocalRegistry({
      blobStore: parts.blobStore,
      metadata: parts.metadata,
      gc: { graceSeconds: grace / 1000 },
      uploads: { expirySeconds: 24 * 3600, leaseSeconds: 10 },
      now: () => this.#now,
      newId: () => this.newId(),
    });
  }

  get now(): number {
    return this.#now;
  }

  newId(): string {
    return `id ${this.#ids++}`;
  }

  /** Reads that go on take their leases as time passes: after half a minute, renewed before two minutes are over. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (const { holder, locator } of this.readers.filter(({ leaseAt }) => leaseAt <= until)) {
      await this.parts.metadata.objectLeases.take([locator], holder, until + 2 * minute, this.#now);
    }
    this.#now = until;
  }

  startReading(blob: KnownBlob, locator: Locator): void {
    this.readers.push({ blob, locator, holder: this.newId(), leaseAt: this.#now + minute / 2 });
  }

  async deleteDiscarded(): Promise<void> {
    await this.#deletion().run(new AbortController().signal);
  }

  /** Begins to delete what is due, and stops before the first byte is gone; nothing when there is nothing due. */
  async pauseDeletion(): Promise<void> {
    if (this.#paused !== undefined) return;
    const reached = gate();
    const open = gate();
    const wait = async (locators: readonly Locator[]): Promise<void> => {
      if (locators.length === 0) return;
      reached.open();
      await open.passed;
    };
    const done = this.#deletion(wait).run(new AbortController().signal);
    done.catch(() => undefined);
    this.#paused = { goOn: open.open, done };
    await Promise.race([reached.passed, done]);
  }

  async resumeDeletion(): Promise<void> {
    const paused = this.#paused;
    this.#paused = undefined;
    paused?.goOn();
    await paused?.done;
  }

  #deletion(onDelete?: (locators: readonly Locator[]) => Promise<void>): DiscardedObjects {
    const { metadata, blobStore } = this.parts;
    const observed = new ObservedBlobStore(blobStore, { onDelete });
    return new DiscardedObjects({ metadata, blobStore: observed, everySeconds: 60, now: () => this.#now });
  }
}

function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}
