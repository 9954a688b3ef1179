// A registry over HTTP with a collector that a test can stop between two steps, and a clock that only the test moves.
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { CollectedAmount } from "../../../src/jobs/collection-report.ts";
import { Collector, type CollectorParts } from "../../../src/jobs/collector.ts";
import { DiscardedObjects } from "../../../src/jobs/discarded-objects.ts";
import type { Authorizer } from "../../../auth/authorizer.ts";
import type { StoredObject } from "../../../storage/blobs/stored-object.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import type { GarbageStore } from "../../../storage/metadata/garbage-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts } from "../../support/serve-parts.ts";

export const graceSeconds = 86_400;
export const hour = 3_600_000;
export const grace = graceSeconds * 1000;

export interface CollectingOptions {
  readonly rowsPerSecond?: number;
  readonly authorizer?: Authorizer;
  /** Awaited between two steps of a collection. */
  readonly between?: () => Promise<void>;
}

export async function collecting(options: CollectingOptions = {}) {
  const clock = { now: 1_800_000_000_000 };
  const now = () => clock.now;
  const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:", now });
  const blobStore = await openBlobStore({ kind: "memory" });
  const served = await serveParts({ metadata, blobStore, now, graceSeconds, ...options });
  const client = new RegistryClient(served.url);
  onTestFinished(async () => {
    client.close();
    await served.close();
  });
  let ids = 0;
  const steps: CollectedAmount[] = [];
  const parts: CollectorParts = {
    ...{ metadata, now, everySeconds: 60, readingGraceMilliseconds: 60_000 },
    settings: { graceSeconds, rowsPerSecond: options.rowsPerSecond ?? 10 },
    newId: () => `run ${ids++}`,
    pause: async () => options.between?.(),
    onCollected: (amount) => steps.push(amount),
  };
  const collector = new Collector(parts);
  const discarded = new DiscardedObjects({ blobStore, metadata, everySeconds: 5, now });
  const never = new AbortController().signal;
  return {
    ...{ clock, metadata, blobStore, client, parts, collector, steps },
    collect: async () => (await collector.begin())?.toTheEnd(never),
    deleteBytes: () => discarded.run(never),
    /** What is left in the blob store. */
    objects: async () => {
      const objects: StoredObject[] = [];
      for await (const object of blobStore.list(never)) objects.push(object);
      return objects.length;
    },
    statusOf: async (method: string, path: string) => (await client.send(method, path)).status,
  };
}

/** The same, but for some of its methods. */
export function garbageWith(garbage: GarbageStore, others: Partial<GarbageStore>): GarbageStore {
  return {
    release: (...words) => garbage.release(...words),
    collectManifests: (step) => garbage.collectManifests(step),
    collectLinks: (step) => garbage.collectLinks(step),
    touch: (...words) => garbage.touch(...words),
    pending: (options) => garbage.pending(options),
    plan: (before) => garbage.plan(before),
    relook: (step) => garbage.relook(step),
    ...others,
  };
}

/** Stops whoever comes by until it is opened. */
export function barrier() {
  let arrive: () => void = () => undefined;
  let open: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    arrived,
    open: () => open(),
    pass: async () => {
      arrive();
      await opened;
      await sleep(0);
    },
  };
}
