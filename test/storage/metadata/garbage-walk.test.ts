// Random sequences of pushes, mounts, deletes, evictions, touches and collections, in every order: nothing that is
// needed goes, nothing that is not needed stays, a plan is what a collection does, and usage is what is there.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { query, type Command } from "../../../storage/metadata/statement.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import { collect, grace, planOf } from "../../contracts/garbage-store-fixture.ts";
import {
  all,
  blobOf,
  digestFor,
  listsAny,
  manifestOf,
  needsBlob,
  pushBlob,
} from "../../contracts/metadata-store-fixture.ts";
import { cacheBlob, cacheManifest } from "../../contracts/mirror-store-fixture.ts";

const blobs = ["layer 0", "layer 1", "layer 2"];
const layersOf = (...names: string[]) => names.map((name) => needsBlob(digestFor(name)));
const childrenOf = (...names: string[]) => names.map((name) => listsAny(digestFor(name)));
/** What each manifest names, and what it refers to. */
const manifests: Readonly<Record<string, Pick<ReturnType<typeof manifestOf>, "references" | "subject">>> = {
  image: { references: layersOf("layer 0", "layer 1") },
  other: { references: layersOf("layer 1") },
  signature: { references: layersOf("layer 2"), subject: digestFor("image") },
  index: { references: childrenOf("image", "other") },
  cache: { references: childrenOf("layer 0", "layer 2") },
  outer: { references: childrenOf("index", "other"), subject: digestFor("cache") },
};

function blobsOf(content: string): string[] {
  return blobs.filter((name) =>
    manifests[content]?.references.some(({ digest }) => digest === digestFor(name)),
  );
}

type Step = (store: MetadataStore, now: number) => Promise<unknown>;
/** Of their projects nobody bounds what they hold, so that they may cache, too. */
const anyUnbounded = fc.constantFrom("team/a", "team/b", "other/a", "single");
const anyRepository = fc.oneof(
  { weight: 2, arbitrary: anyUnbounded },
  { weight: 1, arbitrary: fc.constantFrom("bounded/a", "bounded/b") },
);
const anyBlob = fc.constantFrom(...blobs);
const anyManifest = fc.constantFrom(...Object.keys(manifests));
const anyTag = fc.constantFrom("v1", "v2");
const anyHeld = fc.oneof(anyBlob, anyManifest);

/** As pushes are: within quotas. */
const quota = { defaultProject: "library" };

async function setQuota(store: MetadataStore): Promise<void> {
  const name = "bounded";
  await store.access.projects.create({ id: "1", name, description: "", public: false, createdAt: 0 });
  await store.access.projects.change(name, { maxBytes: 30 });
}

const push = fc.tuple(anyRepository, anyBlob).map(([repository, content]): Step => {
  return (store, now) => pushBlob(store, repository, blobOf(content, `at ${now}`), now, quota);
});
const mount = fc.tuple(anyRepository, anyRepository, anyBlob).map(([repository, from, content]): Step => {
  const mounted = { repository, from, digest: digestFor(content), visibility: all };
  return (store, now) => store.blobLinks.mount({ ...mounted, now, quota });
});
const unlink = fc.tuple(anyRepository, anyBlob).map(([repository, content]): Step => {
  return (store, now) => store.blobLinks.unlink(repository, digestFor(content), now);
});
/** Pushes the layers too, so that most of them succeed. */
const commit = fc
  .tuple(anyRepository, anyManifest, fc.array(anyTag, { maxLength: 2 }))
  .map(([repository, content, tags]): Step => {
    return async (store, now) => {
      const manifest = manifestOf(repository, content, { ...manifests[content], tags, now, quota });
      for (const name of blobsOf(content)) {
        await pushBlob(store, repository, blobOf(name, `${content} at ${now}`), now, quota);
      }
      await store.manifests.commit(manifest);
    };
  });
const deleteTag = fc.tuple(anyRepository, anyTag).map(([repository, tag]): Step => {
  return (store, now) => store.tags.delete(repository, tag, now);
});
const deleteManifest = fc.tuple(anyRepository, anyManifest).map(([repository, content]): Step => {
  return (store, now) => store.manifests.delete(repository, digestFor(content), now);
});
const release = fc.tuple(anyRepository, anyManifest).map(([repository, content]): Step => {
  return (store, now) => store.garbage.release(repository, [digestFor(content)], now);
});
/** With all its blobs, as a push wants them of what it lists. */
const cache = fc
  .tuple(anyUnbounded, fc.constantFrom("image", "other", "signature", "cache"), anyTag)
  .map(([repository, content, tag]): Step => {
    return async (store, now) => {
      for (const name of blobsOf(content)) {
        await cacheBlob(store, repository, blobOf(name, `fetched for ${content} at ${now}`), now);
      }
      await cacheManifest(store, repository, content, { ...manifests[content], tags: [tag], now });
    };
  });
const fetchBlob = fc.tuple(anyUnbounded, anyBlob).map(([repository, content]): Step => {
  return (store, now) => cacheBlob(store, repository, blobOf(content, `fetched at ${now}`), now);
});
const evict = fc.tuple(anyRepository, anyManifest).map(([repository, content]): Step => {
  const times = (now: number) => ({ unlessPulledSince: now, now, dueAt: now });
  return (store, now) =>
    store.mirror.eviction.evictManifest({ repository, digest: digestFor(content) }, times(now));
});
const touch = fc.tuple(anyRepository, anyHeld).map(([repository, content]): Step => {
  const held = [{ repository, digest: digestFor(content) }];
  return (store, now) => store.garbage.touch(held, { now, unlessSince: now - grace / 4 });
});
const collectSome = fc.constant<Step>(async (store, now) => {
  await store.garbage.collectManifests({ before: now - grace, limit: 2 });
  await store.garbage.collectLinks({ before: now - grace, limit: 2, now, dueAt: now });
});
const collectAll = fc.constant<Step>(async (store, now) => {
  const planned = await planOf(store, now);
  const done = await collect(store, now);
  expect(done).toEqual({
    manifests: planned.manifests.length,
    links: planned.links.length,
    blobs: planned.blobs.length,
    bytes: planned.blobs.reduce((sum, { size }) => sum + size, 0),
  });
  expect(await planOf(store, now)).toEqual({ manifests: [], links: [], blobs: [] });
});

const anyStep = fc.oneof(
  ...[
    { weight: 2, arbitrary: push },
    { weight: 2, arbitrary: mount },
    { weight: 1, arbitrary: unlink },
    { weight: 8, arbitrary: commit },
    { weight: 4, arbitrary: deleteTag },
    { weight: 2, arbitrary: deleteManifest },
    { weight: 1, arbitrary: release },
    { weight: 1, arbitrary: cache },
    { weight: 1, arbitrary: fetchBlob },
    { weight: 1, arbitrary: evict },
    { weight: 2, arbitrary: touch },
    { weight: 2, arbitrary: collectSome },
    { weight: 2, arbitrary: collectAll },
  ],
);
const timed = fc.record({ step: anyStep, pause: fc.constantFrom(1, 10, 3333, grace) });

/** That usage is right is asked beside it. */
const beyond = `SELECT p.name FROM projects p JOIN project_usage u ON u.project = p.name
  WHERE u.blob_bytes + u.manifest_bytes > p.max_bytes`;
const named = "SELECT 1 FROM manifest_edges e WHERE e.child = l.digest AND e.repository_id = l.repository_id";
/** Each finds what must not be: nothing, at any moment. */
const wrong: Readonly<Record<string, string>> = {
  "a pushed manifest without a blob or a child that it names": `SELECT m.digest FROM manifest_edges e
     JOIN manifests m ON m.id = e.manifest_id
     WHERE m.pulled_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = e.child AND l.repository_id = e.repository_id)
       AND NOT (e.kind = 'any' AND EXISTS
         (SELECT 1 FROM manifests c WHERE c.digest = e.child AND c.repository_id = e.repository_id))`,
  "a link that nobody will look at": `SELECT l.digest FROM blob_links l
     WHERE l.pulled_at IS NULL AND l.touched_at IS NULL AND NOT EXISTS (${named})`,
  "a hint on what is cached": `SELECT digest FROM blob_links WHERE pulled_at IS NOT NULL AND touched_at IS NOT NULL
     UNION ALL SELECT digest FROM manifests WHERE pulled_at IS NOT NULL AND released_at IS NOT NULL`,
  "a tagged manifest that is released": `SELECT m.digest FROM manifests m JOIN tags t ON t.manifest_id = m.id
     WHERE m.released_at IS NOT NULL`,
  "a blob that nobody links": `SELECT digest FROM blobs
     WHERE NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = blobs.digest)`,
  "an object that waits to be deleted and that a blob has": `SELECT d.locator FROM discarded_objects d
     JOIN blobs b ON b.locator = d.locator`,
  "a project that holds more than it may": beyond,
  "a repository whose usage is not what it holds": `SELECT r.name FROM repositories r
     LEFT JOIN repository_usage u ON u.repository_id = r.id
     WHERE coalesce(u.blob_bytes, 0) <> (SELECT coalesce(sum(b.size), 0)
         FROM blob_links l JOIN blobs b ON b.digest = l.digest WHERE l.repository_id = r.id)
       OR coalesce(u.manifest_bytes, 0) <>
         (SELECT coalesce(sum(m.size), 0) FROM manifests m WHERE m.repository_id = r.id)`,
  "a project whose usage is not what it holds": `SELECT p.project FROM (SELECT DISTINCT project FROM repositories) p
     LEFT JOIN project_usage u ON u.project = p.project
     WHERE coalesce(u.blob_bytes, 0) <> (SELECT coalesce(sum(size), 0) FROM blobs WHERE digest IN
         (SELECT l.digest FROM blob_links l JOIN repositories r ON r.id = l.repository_id WHERE r.project = p.project))
       OR coalesce(u.manifest_bytes, 0) <> (SELECT coalesce(sum(m.size), 0)
         FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE r.project = p.project)`,
};
/** Nothing of it may be left when all was collected that nobody touches. */
const left: Readonly<Record<string, string>> = {
  "a pushed link that nothing names": `SELECT l.digest FROM blob_links l WHERE l.pulled_at IS NULL AND NOT EXISTS (${named})`,
  "a released manifest": "SELECT digest FROM manifests WHERE released_at IS NOT NULL",
  "a touched link": "SELECT digest FROM blob_links WHERE touched_at IS NOT NULL",
};

type Read = <T>(command: () => Command<T>) => Promise<T>;

async function expectNone(read: Read, rules: typeof wrong): Promise<void> {
  for (const [what, sql] of Object.entries(rules))
    expect([what, await read(() => query(sql))]).toEqual([what, []]);
}

test("random sequences keep what is needed and nothing else, and count it right", async () => {
  const sequences = fc.array(timed, { minLength: 10, maxLength: 60, size: "max" });
  const property = fc.asyncProperty(sequences, async (steps) => {
    const runner = await openSqlite({ path: ":memory:" });
    const store = new SqlMetadataStore(runner);
    const read: Read = (command) => runner.read(command);
    try {
      await setQuota(store);
      let now = 1;
      for (const { step, pause } of steps) {
        now += pause;
        await step(store, now);
        await expectNone(read, wrong);
      }
      await collect(store, now + 3 * grace);
      await expectNone(read, { ...wrong, ...left });
    } finally {
      await store.close();
    }
  });
  await fc.assert(property, { numRuns: 150 });
}, 120_000);
