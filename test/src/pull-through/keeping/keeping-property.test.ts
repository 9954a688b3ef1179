// Whatever is pulled, pushed, pinned and evicted, in whatever order: the cap holds, what is pinned or pushed stays, and
// an image that was whole is whole for as long as it is there.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Digest } from "../../../../storage/digest.ts";
import {
  all,
  digestFor,
  manifestOf,
  needsBlob,
  pushBlob,
} from "../../../contracts/metadata-store-fixture.ts";
import { pinnedBy } from "../../../../src/pull-through/keeping/pinned-images.ts";
import { openKeeper, sizedBlob, type OpenKeeper } from "./open-keeper.ts";

const mirrored = ["docker.io/library/app", "quay.io/app"];
const own = "team/app";
/** Each image's layers; sizes are those of the layers' names. */
const images: Readonly<Record<string, readonly number[]>> = {
  a: [10, 20],
  b: [20, 30],
  c: [30, 40, 10],
  d: [50],
  e: [60, 10],
};
const maxBytes = 120;
const forever = new AbortController().signal;
const layerOf = (size: number) => `layer ${size}`;
const referencesOf = (image: string) =>
  (images[image] ?? []).map((size) => needsBlob(digestFor(layerOf(size))));

interface Subject extends OpenKeeper {
  readonly pins: Set<string>;
  /** `<repository> <image>` that somebody pushed. */
  readonly pushed: Set<string>;
  commits: number;
}
type Step = (subject: Subject) => Promise<void>;

const anyImage = fc.constantFrom(...Object.keys(images));
const anyMirrored = fc.constantFrom(...mirrored);

const pull = fc.tuple(anyMirrored, anyImage).map(([repository, image]): Step => {
  return async (subject) => {
    const { keeper, metadata, clock } = subject;
    const { content } = metadata.mirror;
    const commit = manifestOf(repository, image, { references: referencesOf(image), tags: [image] });
    await content.commitManifest({ ...commit, now: clock.now });
    keeper.pulled(repository, commit.digest);
    for (const size of images[image] ?? []) {
      const digest = digestFor(layerOf(size));
      keeper.pulled(repository, digest);
      if (await metadata.blobLinks.find(repository, digest)) continue;
      if (await content.linkBlob({ repository, digest, from: all, now: clock.now })) continue;
      const over = new AbortController();
      if ((await keeper.admit(size, over.signal)) === "pass") continue;
      const blob = sizedBlob(layerOf(size), size, `${repository} ${clock.now} ${++subject.commits}`);
      await content.commitBlob({ repository, blob, now: clock.now });
      over.abort();
    }
  };
});

const push = fc.tuple(fc.constantFrom(own, own, ...mirrored), anyImage).map(([repository, image]): Step => {
  return async ({ metadata, clock, pushed }) => {
    for (const size of images[image] ?? []) {
      const blob = sizedBlob(layerOf(size), size, `pushed to ${repository} at ${clock.now}`);
      if (!(await metadata.blobLinks.find(repository, blob.digest))) {
        await pushBlob(metadata, repository, blob, clock.now);
      }
    }
    const commit = manifestOf(repository, image, { references: referencesOf(image), tags: [image] });
    expect(await metadata.manifests.commit({ ...commit, now: clock.now })).toEqual({ outcome: "committed" });
    pushed.add(`${repository} ${image}`);
  };
});

const pinOrUnpin = fc.tuple(anyMirrored, anyImage).map(([repository, image]): Step => {
  return async ({ metadata, pins, clock }) => {
    const pattern = `${repository}:${image}`;
    if (pins.delete(pattern)) await metadata.mirror.pins.remove(pattern);
    else {
      pins.add(pattern);
      await metadata.mirror.pins.add(pattern, clock.now);
    }
  };
});

const pass = fc.integer({ min: 0, max: 20_000 }).map((milliseconds): Step => {
  return async ({ clock }) => void (clock.now += milliseconds);
});

const evict = fc.tuple(anyMirrored, anyImage).map(([repository, image]): Step => {
  return async ({ metadata, clock, pins }) => {
    if (pins.has(`${repository}:${image}`)) return;
    const options = { unlessPulledSince: clock.now, now: clock.now, dueAt: clock.now };
    await metadata.mirror.eviction.evictManifest({ repository, digest: digestFor(image) }, options);
  };
});

const run = fc.constant<Step>(({ keeper }) => keeper.run(forever));

const anyStep = fc.oneof(
  { weight: 8, arbitrary: pull },
  { weight: 1, arbitrary: push },
  { weight: 2, arbitrary: pinOrUnpin },
  { weight: 4, arbitrary: pass },
  { weight: 1, arbitrary: evict },
  { weight: 1, arbitrary: run },
);

interface Image {
  readonly repository: string;
  readonly name: string;
  readonly isWhole: boolean;
}

async function imagesHeld({ metadata }: Subject): Promise<Image[]> {
  const held: Image[] = [];
  for (const repository of [...mirrored, own]) {
    for (const name of Object.keys(images)) {
      if (!(await metadata.manifests.findByDigest(repository, digestFor(name)))) continue;
      const layers = await Promise.all(
        referencesOf(name).map(({ digest }) => metadata.blobLinks.find(repository, digest)),
      );
      held.push({ repository, name, isWhole: layers.every((layer) => layer !== undefined) });
    }
  }
  return held;
}

async function check(
  subject: Subject,
  before: readonly Image[],
  wasPinned: ReadonlySet<string>,
): Promise<void> {
  expect(await subject.usedBytes()).toBeLessThanOrEqual(maxBytes);
  const after = await imagesHeld(subject);
  const find = ({ repository, name }: Pick<Image, "repository" | "name">) =>
    after.find((image) => image.repository === repository && image.name === name);
  const isPinned = pinnedBy([...wasPinned]);
  for (const image of before) {
    const now = find(image);
    if (image.isWhole && now !== undefined) expect(now.isWhole).toBe(true);
    const digest: Digest = digestFor(image.name);
    if (isPinned({ repository: image.repository, digest, tags: [image.name] })) expect(now).toBeDefined();
  }
  for (const key of subject.pushed) {
    const [repository = "", name = ""] = key.split(" ");
    expect(find({ repository, name })).toMatchObject({ isWhole: true });
  }
}

test("the cap holds, what is pinned or pushed stays, and a whole image stays whole while it is there", async () => {
  const sequences = fc.array(anyStep, { minLength: 5, maxLength: 40, size: "max" });
  const property = fc.asyncProperty(sequences, fc.constantFrom(0.4, 0.9, 1), async (steps, lowWater) => {
    const opened = await openKeeper({ maxBytes, lowWater, idleSeconds: 120 });
    const subject: Subject = { ...opened, pins: new Set(), pushed: new Set(), commits: 0 };
    try {
      for (const step of steps) {
        const before = await imagesHeld(subject);
        const wasPinned = new Set(subject.pins);
        await step(subject);
        await check(subject, before, wasPinned);
      }
      expect(subject.problems).toEqual([]);
    } finally {
      await subject.close();
    }
  });
  await fc.assert(property, { numRuns: 15 });
});
