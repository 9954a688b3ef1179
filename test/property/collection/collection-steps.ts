// Everything that a sequence may consist of: what clients, operators, the clock and the collector do, in every place.
import fc from "fast-check";
import * as clients from "./clients.ts";
import { grace, minute, type CollectionWorld } from "./collection-world.ts";
import { blobs, manifests, repositories, tags, type KnownBlob } from "./known-content.ts";
import { bytesOf, expectAllPromises, expectPromise } from "./promises.ts";

export interface CollectionStep {
  readonly toString: () => string;
  readonly run: (world: CollectionWorld) => Promise<unknown>;
}

/** The first as often as all others: what happens in one place meets itself sooner. */
const place = fc.oneof(fc.constant(repositories[0]), fc.constantFrom(...repositories));
const blob = fc.constantFrom(...blobs);
const manifest = fc.constantFrom(...manifests);
const tag = fc.constantFrom(...tags);
const someTag = fc.option(tag, { nil: undefined });
const rows = fc.constantFrom(1, 2, 100);

function step<T extends readonly unknown[]>(
  weight: number,
  name: string,
  what: fc.Arbitrary<T>,
  run: (world: CollectionWorld, ...values: T) => Promise<unknown>,
): fc.WeightedArbitrary<CollectionStep> {
  const arbitrary = what.map((values) => ({
    toString: () => [name, ...values.map(wordOf)].join(" "),
    run: (world: CollectionWorld) => run(world, ...values),
  }));
  return { weight, arbitrary };
}

function wordOf(value: unknown): string {
  if (typeof value === "object" && value !== null && "name" in value) return String(value.name);
  return value === undefined ? "untagged" : JSON.stringify(value);
}

const pushes = [
  step(2, "upload", fc.tuple(place, blob), (world, name, { digest }) => clients.upload(world, name, digest)),
  step(2, "ask for blob", fc.tuple(place, blob), (world, name, { digest }) =>
    clients.askForBlob(world, name, digest),
  ),
  step(1, "ask for manifest", fc.tuple(place, manifest), (world, name, { digest }) =>
    clients.askForManifest(world, name, digest),
  ),
  step(2, "mount", fc.tuple(place, blob, place), (world, name, { digest }, from) =>
    clients.mount(world, name, digest, [from]),
  ),
  step(1, "mount from anywhere", fc.tuple(place, blob), (world, name, { digest }) =>
    clients.mount(world, name, digest, repositories),
  ),
  step(8, "push", fc.tuple(place, manifest, someTag), async (world, name, content, to) => {
    await clients.bringContents(world, name, content);
    await clients.put(world, name, content, to);
  }),
  step(4, "put", fc.tuple(place, manifest, someTag), clients.put),
  step(4, "begin push", fc.tuple(place, manifest, someTag), async (world, name, content, to) => {
    await clients.bringContents(world, name, content);
    world.pushes.push({ repository: name, manifest: content, tag: to });
  }),
  step(4, "collect while pushing", fc.tuple(place, manifest, someTag), async (world, name, content, to) => {
    await clients.bringContents(world, name, content);
    await world.advance(1);
    await collectEverything(world);
    await clients.put(world, name, content, to);
  }),
  step(4, "push and collect", fc.tuple(place, manifest, someTag), async (world, name, content, to) => {
    await clients.bringContents(world, name, content);
    await clients.put(world, name, content, to);
    await world.advance(1);
    await collectEverything(world);
  }),
  step(4, "finish push", fc.tuple(), async (world) => {
    const begun = world.pushes.shift();
    if (begun !== undefined) await clients.put(world, begun.repository, begun.manifest, begun.tag);
  }),
];

const removals = [
  step(6, "delete", fc.tuple(place, tag), clients.deleteTag),
  step(3, "delete", fc.tuple(place, manifest), (world, name, { digest }) =>
    clients.deleteManifest(world, name, digest),
  ),
  step(2, "delete", fc.tuple(place, blob), (world, name, { digest }) =>
    clients.deleteBlob(world, name, digest),
  ),
  step(1, "release", fc.tuple(place, manifest), async ({ parts, model, now }, name, { digest }) => {
    await parts.metadata.garbage.release(name, [digest], now);
    model.release(name, digest, now);
  }),
];

const reads = [
  step(2, "begin to read", fc.tuple(place, blob), beginReading),
  step(1, "finish to read", fc.tuple(), finishReading),
  step(2, "collect while reading", fc.tuple(place, blob), async (world, name, content) => {
    await beginReading(world, name, content);
    await collectEverything(world);
    await world.deleteDiscarded();
    while (world.readers.length > 0) await finishReading(world);
  }),
  step(1, "look at everything", fc.tuple(), expectAllPromises),
];

async function beginReading(world: CollectionWorld, name: string, content: KnownBlob): Promise<void> {
  const { digest } = content;
  const found = await world.parts.metadata.blobLinks.find(name, digest);
  expectPromise(`${content.name} of ${name}`, found !== undefined, world.model.link(name, digest, world.now));
  if (found !== undefined) world.startReading(content, found.locator);
}

async function finishReading(world: CollectionWorld): Promise<void> {
  const reader = world.readers.shift();
  if (reader === undefined) return;
  const { blob: content, locator, holder } = reader;
  const body = await world.parts.blobStore.read(locator);
  const read = body && (await bytesOf(body));
  if (read?.equals(content.bytes) !== true) throw new Error(`${content.name} went while it was being read`);
  await world.parts.metadata.objectLeases.release([locator], holder);
}

const upkeep = [
  step(
    10,
    "wait",
    fc.tuple(
      fc.constantFrom(1, 1000, minute / 2 + 1, minute + 1, grace / 5, grace / 2, grace - 1, grace, grace),
    ),
    (world, milliseconds) => world.advance(milliseconds),
  ),
  step(4, "collect manifests", fc.tuple(rows), collectManifests),
  step(4, "collect links", fc.tuple(rows), ({ parts, now }, limit) => parts.collect.links(now, limit)),
  step(3, "collect everything", fc.tuple(), collectEverything),
  step(2, "delete discarded", fc.tuple(), (world) => world.deleteDiscarded()),
  step(2, "pause deletion", fc.tuple(), (world) => world.pauseDeletion()),
  step(2, "resume deletion", fc.tuple(), (world) => world.resumeDeletion()),
];

async function collectManifests({ parts, model, now }: CollectionWorld, limit: number): Promise<boolean> {
  const { collected, more } = await parts.collect.manifests(now, limit);
  for (const { repository, digest } of collected) model.collected(repository, digest, now);
  return more;
}

/** More steps than there can be things to collect: a collector that never comes to an end has failed. */
const enough = 1000;

async function collectEverything(world: CollectionWorld): Promise<void> {
  const collectLinks = async () => (await world.parts.collect.links(world.now, 100)).more;
  for (const work of [() => collectManifests(world, 100), collectLinks]) {
    let steps = 0;
    while (await work()) if (++steps > enough) throw new Error("collection does not come to an end");
  }
}

const anyStep = fc.oneof(...pushes, ...removals, ...reads, ...upkeep);

/** Thirty-six steps on average. */
export const anySequence: fc.Arbitrary<readonly CollectionStep[]> = fc.array(anyStep, {
  minLength: 24,
  maxLength: 48,
  size: "max",
});

/** Runs one, and then lets a single grace pass: what nobody wants any more is gone then, with all its bytes. */
export async function runSequence(
  world: CollectionWorld,
  sequence: readonly CollectionStep[],
): Promise<void> {
  try {
    for (const { run } of sequence) await run(world);
    await expectAllPromises(world);
    await world.resumeDeletion();
    await world.advance(grace);
    await collectEverything(world);
    for (const name of repositories) world.model.allCollected(name, world.now);
    await world.advance(minute);
    await world.deleteDiscarded();
    while (world.readers.length > 0) await finishReading(world);
    await world.deleteDiscarded();
    await expectAllPromises(world);
    const { discardedObjects } = world.parts.metadata;
    if ((await discardedObjects.list(world.now, 1)).length > 0)
      throw new Error("bytes are left to be deleted");
  } finally {
    await world.resumeDeletion();
  }
}
