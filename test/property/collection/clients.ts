// What clients do, one request after the other, each answer held against what the model says: how blobs get into a
// repository, and manifests after them.
import { Readable } from "node:stream";
import { OciError } from "../../../src/oci/oci-error.ts";
import { parseDigest, type Digest } from "../../../storage/digest.ts";
import { grace, type CollectionWorld } from "./collection-world.ts";
import { blobOf, manifestOf, nameIn, nameOf, referenceTo, type KnownManifest } from "./known-content.ts";
import { expectPromise } from "./promises.ts";

/** A HEAD of somebody who may push there: what it finds stays, for as long as if touched a quarter of the grace ago. */
export async function askForBlob(world: CollectionWorld, name: string, digest: Digest): Promise<boolean> {
  const { model, registry, now } = world;
  const promised = model.link(name, digest, now);
  const found = (await registry.blobs.stat(nameIn(name), digest, { beforePush: true })) !== undefined;
  expectPromise(`${nameOf(digest)}, asked for in ${name},`, found, promised);
  if (found) model.linked(name, digest, now - grace / 4);
  else model.unlinked(name, digest);
  return found;
}

export async function askForManifest(world: CollectionWorld, name: string, digest: Digest): Promise<boolean> {
  const { model, registry, now } = world;
  const promised = model.hasManifest(name, digest);
  const reference = { kind: "digest", digest } as const;
  const found = (await registry.manifests.find(nameIn(name), reference, { beforePush: true })) !== undefined;
  expectPromise(`${nameOf(digest)}, asked for in ${name},`, found, promised ? "present" : "absent");
  if (found) model.askedFor(name, digest, now - grace / 4);
  return found;
}

export async function upload(world: CollectionWorld, name: string, digest: Digest): Promise<void> {
  const { uploads } = world.registry;
  const { bytes } = blobOf(digest);
  const { id } = await uploads.start(nameIn(name), "sha256", "user:1");
  await uploads.complete(nameIn(name), id, digest, { source: () => Readable.from([bytes]) });
  world.model.linked(name, digest, world.now);
}

/** From a repository that it names, or from wherever it lies. */
export async function mount(
  world: CollectionWorld,
  name: string,
  digest: Digest,
  from: readonly string[],
): Promise<boolean> {
  const { model, registry, now } = world;
  const held = from.map((source) => model.link(source, digest, now));
  const promised = held.includes("present") ? "present" : held.includes("perhaps") ? "perhaps" : "absent";
  const [source] = from.length === 1 ? from.map(nameIn) : [];
  const mounted = await registry.blobs.mount(nameIn(name), digest, source, { kind: "all" });
  expectPromise(`${nameOf(digest)}, mounted into ${name},`, mounted, promised);
  if (mounted) model.linked(name, digest, now);
  else for (const repository of from) model.unlinked(repository, digest);
  return mounted;
}

/** As clients do before they push a manifest: what is not there already they bring, children first. */
export async function bringContents(
  world: CollectionWorld,
  name: string,
  manifest: KnownManifest,
): Promise<void> {
  const bring = async (digest: Digest) => {
    if (!(await askForBlob(world, name, digest))) await upload(world, name, digest);
  };
  await Promise.all(manifest.blobs.map(bring));
  for (const digest of manifest.children) {
    if (await askForManifest(world, name, digest)) continue;
    const child = manifestOf(digest);
    await bringContents(world, name, child);
    await put(world, name, child, undefined);
  }
}

/** Refused exactly when something that it needs is gone. */
export async function put(
  world: CollectionWorld,
  name: string,
  manifest: KnownManifest,
  tag: string | undefined,
): Promise<void> {
  const { model, registry, now } = world;
  const what = `${manifest.name}, which was pushed to ${name} and refused,`;
  const needs = model.needs(name, manifest, now);
  const { bytes, mediaType, digest } = manifest;
  const content = { bytes, contentType: mediaType, tags: [], precondition: undefined };
  const missing = await refusalOf("manifestReferenceUnknown", () =>
    registry.manifests.put(nameIn(name), referenceTo(tag ?? digest), content),
  );
  for (const need of missing?.missing ?? []) {
    const known = parseDigest(need);
    if (known === undefined) throw new Error(`${need} is missing, which is no digest`);
    expectPromise(`${nameOf(known)} for ${what}`, false, needs.get(known) ?? "present");
    model.unlinked(name, known);
  }
  if (missing !== undefined) return;
  for (const [need, presence] of needs)
    expectPromise(`${nameOf(need)} for ${manifest.name} in ${name}`, true, presence);
  model.put(name, manifest, tag, now);
}

export async function deleteTag(
  { model, registry, now }: CollectionWorld,
  name: string,
  tag: string,
): Promise<void> {
  const work = () => registry.manifests.delete(nameIn(name), referenceTo(tag));
  const absent = await refusalOf("manifestUnknown", work);
  expectPromise(
    `${tag} of ${name}`,
    absent === undefined,
    model.tagsIn(name).has(tag) ? "present" : "absent",
  );
  if (absent === undefined) model.deleteTag(name, tag, now);
}

export async function deleteManifest(
  { model, registry, now }: CollectionWorld,
  name: string,
  digest: Digest,
): Promise<void> {
  const work = () => registry.manifests.delete(nameIn(name), { kind: "digest", digest });
  const expected = !model.hasManifest(name, digest)
    ? "manifestUnknown"
    : model.isListed(name, digest)
      ? "manifestNeeded"
      : undefined;
  const refused = expected && (await refusalOf(expected, work));
  if (expected !== undefined && refused === undefined)
    throw new Error(`${nameOf(digest)} of ${name} was deleted, not ${expected}`);
  if (expected !== undefined) return;
  await work();
  model.deleteManifest(name, digest, now);
}

export async function deleteBlob(
  { model, registry, now }: CollectionWorld,
  name: string,
  digest: Digest,
): Promise<void> {
  const work = () => registry.blobs.delete(nameIn(name), digest);
  const promised = model.link(name, digest, now);
  if (model.isNamed(name, digest)) {
    if ((await refusalOf("blobNeeded", work)) === undefined)
      throw new Error(`${nameOf(digest)} of ${name} was deleted`);
    return;
  }
  const absent = await refusalOf("blobUnknown", work);
  expectPromise(`${nameOf(digest)} of ${name}, to be deleted,`, absent === undefined, promised);
  model.unlinked(name, digest);
}

interface Refusal {
  readonly missing?: readonly string[];
}

/** The detail of that refusal; undefined when there was none. */
async function refusalOf(kind: OciError["kind"], work: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof OciError) || error.kind !== kind) throw error;
    return error.detail as Refusal;
  }
}
