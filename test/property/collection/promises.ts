// Whether the registry keeps what the model says, one answer at a time or over all that there is.
import { isDeepStrictEqual } from "node:util";
import type { BlobBody, Locator } from "../../../storage/blobs/stored-object.ts";
import type { Digest } from "../../../storage/digest.ts";
import type { Presence } from "./collection-model.ts";
import type { CollectionWorld } from "./collection-world.ts";
import { blobs, manifests, nameIn, nameOf, referenceTo, repositories } from "./known-content.ts";

type Name = (typeof repositories)[number];

const subjects = new Set(manifests.flatMap(({ subject }) => subject ?? []));

export function expectPromise(what: string, found: boolean, promised: Presence): void {
  if (promised === "present" && !found) throw new Error(`${what} is gone`);
  if (promised === "absent" && found) throw new Error(`${what} is there, although it went before`);
}

/** As `expect`, which takes longer than most that is compared here. */
function expectSame(what: string, found: unknown, promised: unknown): void {
  if (isDeepStrictEqual(found, promised)) return;
  throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(promised)}`);
}

export async function bytesOf(body: BlobBody): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.stream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Everything that can be pulled is what it should be, nothing else can be, and all of it is counted right. */
export async function expectAllPromises(world: CollectionWorld): Promise<void> {
  const held = await Promise.all(repositories.map((name) => expectRepository(world, name)));
  const projects = new Map<string, Set<Digest>>();
  for (const [i, name] of repositories.entries()) {
    const project = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
    projects.set(project, new Set([...(projects.get(project) ?? []), ...(held[i] ?? [])]));
  }
  for (const [project, digests] of projects) {
    const inside = repositories.filter((name) =>
      name.includes("/") ? name.startsWith(`${project}/`) : project === "",
    );
    const manifestBytes = inside.map((name) => manifestBytesIn(world, name)).reduce((a, b) => a + b, 0);
    const usage = { blobBytes: sizeOf(digests), manifestBytes };
    expectSame(`usage of project ${project}`, await world.parts.metadata.usage.ofProject(project), usage);
  }
  await expectNoStrayObjects(world);
}

/** Gives the blobs that the repository has. */
async function expectRepository(world: CollectionWorld, name: Name): Promise<Digest[]> {
  await Promise.all(manifests.map(({ digest }) => expectManifest(world, name, digest)));
  for (const [tag, digest] of world.model.tagsIn(name)) {
    const found = await world.registry.manifests.find(nameIn(name), referenceTo(tag));
    expectSame(`${tag} of ${name}`, found && nameOf(found.digest), nameOf(digest));
  }
  const found = await Promise.all(blobs.map(({ digest }) => expectBlob(world, name, digest)));
  const held = blobs.filter((_, i) => found[i]).map(({ digest }) => digest);
  const usage = { blobBytes: sizeOf(held), manifestBytes: manifestBytesIn(world, name) };
  expectSame(`usage of ${name}`, await world.parts.metadata.usage.ofRepository(name), usage);
  return held;
}

async function expectManifest(
  { model, registry }: CollectionWorld,
  name: Name,
  digest: Digest,
): Promise<void> {
  const what = `${nameOf(digest)} in ${name}`;
  const promised = model.manifestsIn(name).find((manifest) => manifest.digest === digest);
  const found = await registry.manifests.find(nameIn(name), { kind: "digest", digest });
  expectPromise(what, found !== undefined, promised === undefined ? "absent" : "present");
  if (promised !== undefined && found?.bytes.equals(promised.bytes) !== true)
    throw new Error(`${what} is other bytes`);
  if (!subjects.has(digest)) return;
  const referring = model.manifestsIn(name).filter(({ subject }) => subject === digest);
  const listed = (await registry.referrers.list(nameIn(name), digest, {})).manifests;
  const names = (digests: readonly { digest: Digest }[]) =>
    digests.map((one) => nameOf(one.digest)).toSorted();
  expectSame(`referrers of ${what}`, names(listed), names(referring));
}

async function expectBlob(
  { model, registry, now }: CollectionWorld,
  name: Name,
  digest: Digest,
): Promise<boolean> {
  const what = `${nameOf(digest)} in ${name}`;
  const opened = await registry.blobs.open(nameIn(name), digest);
  const bytes = opened && (await bytesOf(opened.body));
  expectPromise(what, bytes !== undefined, model.link(name, digest, now));
  const blob = blobs.find((known) => known.digest === digest);
  if (bytes !== undefined && blob?.bytes.equals(bytes) !== true) throw new Error(`${what} is other bytes`);
  return bytes !== undefined;
}

/** Each object has a row or waits to be deleted, and each row of a blob has its object. */
async function expectNoStrayObjects({ parts }: CollectionWorld): Promise<void> {
  const { blobStore, metadata } = parts;
  const objects: Locator[] = [];
  for await (const { locator } of blobStore.list(new AbortController().signal)) objects.push(locator);
  const known = new Set(await metadata.storedBlobs.findKnown(objects));
  const strays = objects.filter((locator) => !known.has(locator));
  expectSame("objects that nobody knows", strays, []);
  const { entries } = await metadata.storedBlobs.list({ limit: 100 });
  const bare = entries.filter(({ locator, state }) => state !== "present" || !objects.includes(locator));
  expectSame("blobs without their objects", bare, []);
}

function manifestBytesIn({ model }: CollectionWorld, name: Name): number {
  return model.manifestsIn(name).reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function sizeOf(digests: Iterable<Digest>): number {
  const wanted = new Set(digests);
  return blobs.reduce((sum, { digest, bytes }) => (wanted.has(digest) ? sum + bytes.length : sum), 0);
}
