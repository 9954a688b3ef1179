// Random sequences of calls against the model: every answer, what is visible at the end, and the counts that garbage
// collection will rely on.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Digest } from "../../../storage/digest.ts";
import type { ManifestCommit, MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import type { Reference } from "../../../storage/metadata/records.ts";
import { query } from "../../../storage/metadata/statement.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import {
  all,
  blobOf,
  digestFor,
  discardedBy,
  listsAny,
  manifestOf,
  needsBlob,
  pushBlob,
  tagsOf,
} from "../../contracts/metadata-store-fixture.ts";
import { MetadataModel, type Expected } from "./metadata-model.ts";

const repositories = ["a", "a/b", "c"];
const tags = ["v1", "v2", "latest"];
// "leaf" is a manifest and a blob at once, as a build cache may have it
const blobs = ["layer 0", "layer 1", "layer 2", "leaf"];
const optional = (reference: Reference): Reference => ({ ...reference, required: false });
const [layer0, layer1, layer2, leaf, image, index] = [...blobs, "image", "index"].map(digestFor) as [
  Digest,
  Digest,
  Digest,
  Digest,
  Digest,
  Digest,
];
/** Each manifest, and the two ways in which it may be read. */
const manifests: Readonly<Record<string, readonly [readonly Reference[], readonly Reference[]]>> = {
  leaf: [[], [needsBlob(layer0)]],
  image: [
    [needsBlob(layer0), needsBlob(layer1)],
    [needsBlob(layer1), optional(needsBlob(layer2)), needsBlob(leaf)],
  ],
  index: [
    [listsAny(image), listsAny(leaf)],
    [listsAny(image), listsAny(layer2), needsBlob(leaf)],
  ],
  "index of indexes": [
    [listsAny(index)],
    [listsAny(index), listsAny(index), needsBlob(layer0), listsAny(layer0)],
  ],
};

interface Subject {
  readonly store: MetadataStore;
  readonly model: MetadataModel;
}
/** One call to both, which compares their answers. */
type Step = (subject: Subject, now: number) => Promise<void>;

function agree(actual: object, expected: Expected): void {
  expect(actual).toMatchObject({ outcome: expected.outcome });
  if ("by" in actual) expect(expected.digests).toContain(actual.by);
  if ("digests" in actual) expect(new Set(actual.digests as Digest[])).toEqual(new Set(expected.digests));
  if ("current" in actual) expect([actual.current]).toEqual(expected.digests);
}

const anyRepository = fc.constantFrom(...repositories);
const anyBlob = fc.constantFrom(...blobs);
const anyManifest = fc.constantFrom(...Object.keys(manifests));
const anyTag = fc.constantFrom(...tags);

const push = fc.tuple(anyRepository, anyBlob).map(([repository, content]): Step => {
  return async ({ store, model }, now) => {
    const blob = blobOf(content, `at ${now}`);
    expect(await pushBlob(store, repository, blob, now)).toBe(true);
    model.push(repository, blob);
  };
});

const mount = fc
  .tuple(anyRepository, anyBlob, fc.option(anyRepository, { nil: undefined }))
  .map(([repository, content, from]): Step => {
    return async ({ store, model }, now) => {
      const digest = digestFor(content);
      const mounted = await store.blobLinks.mount({ repository, digest, from, visibility: all, now });
      expect(mounted).toBe(model.mount(repository, digest, from));
    };
  });

const unlink = fc.tuple(anyRepository, anyBlob).map(([repository, content]): Step => {
  return async ({ store, model }, now) => {
    const digest = digestFor(content);
    agree(await store.blobLinks.unlink(repository, digest, now), model.unlink(repository, digest));
  };
});

const damage = fc.tuple(anyBlob, fc.boolean()).map(([content, late]): Step => {
  return async ({ store, model }) => {
    const blob = model.blobs.get(digestFor(content));
    if (blob === undefined) return;
    const reported = late ? blobOf(content, "replaced long ago") : blob;
    await store.blobLinks.markDamaged(reported.digest, reported.locator);
    model.damage(reported);
  };
});

const precondition: fc.Arbitrary<ManifestCommit["precondition"]> = fc.record({
  tag: fc.option(anyTag, { nil: undefined }),
  demand: fc.constantFrom(
    { kind: "absent" } as const,
    { kind: "matches", digests: "any" } as const,
    { kind: "matches", digests: [image, leaf] } as const,
  ),
}) as fc.Arbitrary<ManifestCommit["precondition"]>;

const commit = fc
  .record({
    repository: anyRepository,
    content: anyManifest,
    variant: fc.constantFrom(0, 1),
    tags: fc.array(anyTag, { maxLength: 2 }),
    referencePolicy: fc.constantFrom("required", "required", "lazy"),
    precondition: fc.option(precondition, { nil: undefined, freq: 3 }),
  })
  .map(({ repository, content, variant, ...more }): Step => {
    return async ({ store, model }, now) => {
      const references = manifests[content]?.[variant] ?? [];
      const wanted = manifestOf(repository, content, { ...more, references, now });
      agree(await store.manifests.commit(wanted), model.commit(wanted));
    };
  });

const deleteManifest = fc.tuple(anyRepository, anyManifest).map(([repository, content]): Step => {
  return async ({ store, model }, now) => {
    const digest = digestFor(content);
    agree(await store.manifests.delete(repository, digest, now), model.deleteManifest(repository, digest));
  };
});

const deleteTag = fc.tuple(anyRepository, anyTag).map(([repository, tag]): Step => {
  return async ({ store, model }, now) => {
    expect(await store.tags.delete(repository, tag, now)).toBe(model.repository(repository).tags.delete(tag));
  };
});

const anyStep = fc.oneof(
  { weight: 4, arbitrary: push },
  { weight: 2, arbitrary: mount },
  { weight: 2, arbitrary: unlink },
  { weight: 1, arbitrary: damage },
  { weight: 6, arbitrary: commit },
  { weight: 3, arbitrary: deleteManifest },
  { weight: 1, arbitrary: deleteTag },
);

async function compareAll({ store, model }: Subject): Promise<void> {
  expect((await store.repositories.list({ visibility: all, limit: 100 })).entries).toEqual(
    model.existing().sort(),
  );
  for (const repository of repositories) {
    const expected = model.repository(repository);
    expect(await store.repositories.exists(repository)).toBe(expected.manifests.size > 0);
    expect(await tagsOf(store, repository)).toEqual([...expected.tags.keys()].sort());
    for (const tag of tags) {
      expect((await store.manifests.findByTag(repository, tag))?.digest).toBe(expected.tags.get(tag));
    }
    for (const content of Object.keys(manifests)) {
      const found = await store.manifests.findByDigest(repository, digestFor(content));
      expect(found !== undefined).toBe(expected.manifests.has(digestFor(content)));
    }
    for (const content of blobs) {
      const digest = digestFor(content);
      expect(await store.blobLinks.find(repository, digest)).toEqual(model.find(repository, digest));
    }
  }
  expect(new Set(await discardedBy(store))).toEqual(model.discarded);
}

test("random sequences of calls agree with the model, and the counts with what is stored", async () => {
  const sequences = fc.array(anyStep, { minLength: 5, maxLength: 60, size: "max" });
  const property = fc.asyncProperty(sequences, async (steps) => {
    const runner = await openSqlite({ path: ":memory:" });
    const subject = { store: new SqlMetadataStore(runner), model: new MetadataModel() };
    try {
      let now = 0;
      for (const step of steps) await step(subject, ++now);
      await compareAll(subject);
      const counts = await runner.read(() =>
        query<{ digest: Digest; reference_count: number }>("SELECT digest, reference_count FROM blobs"),
      );
      expect(counts).toHaveLength(subject.model.blobs.size);
      for (const { digest, reference_count } of counts) {
        expect(reference_count).toBe(subject.model.referenceCount(digest));
      }
    } finally {
      await subject.store.close();
    }
  });
  await fc.assert(property, { numRuns: 150 });
});
