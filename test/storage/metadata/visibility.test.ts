// What somebody sees, whatever repositories, projects and rights there are: pages and mounts show what a plain filter
// over all names would, and the lists of any length fit into a statement.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Visibility } from "../../../storage/metadata/access-store.ts";
import { visibilityCondition } from "../../../storage/metadata/commands/visibility.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { projectOf } from "../../contracts/metadata-store-access-fixture.ts";
import {
  all,
  blobOf,
  manifestOf,
  pushBlob,
  seesRepositories,
} from "../../contracts/metadata-store-fixture.ts";

/** Characters on both sides of "/" in the order of names, so that projects and their repositories interleave. */
const words = ["a", "a-b", "a.b", "a0", "aa", "b"];
const word = fc.constantFrom(...words);
const repository = fc.oneof(
  word,
  fc.tuple(word, word).map((parts) => parts.join("/")),
  fc.tuple(word, word, word).map((parts) => parts.join("/")),
);
const someWords = fc.uniqueArray(word);
const anyVisibility: fc.Arbitrary<Visibility> = fc.oneof(
  fc.constant(all),
  fc.record({ kind: fc.constant("projects" as const), projects: fc.array(word), defaultProject: word }),
  fc.record({ kind: fc.constant("repositories" as const), names: fc.array(repository) }),
);

interface Case {
  /** Those with a manifest; `linked` hold the blob, with a manifest or without. */
  readonly existing: readonly string[];
  readonly linked: readonly string[];
  readonly publicProjects: readonly string[];
  readonly privateProjects: readonly string[];
  readonly visibility: Visibility;
  readonly limit: number;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  existing: fc.uniqueArray(repository, { maxLength: 20 }),
  linked: fc.uniqueArray(repository, { maxLength: 4 }),
  publicProjects: someWords,
  privateProjects: someWords,
  visibility: anyVisibility,
  limit: fc.integer({ min: 1, max: 8 }),
});

function sees({ visibility, publicProjects }: Case, name: string): boolean {
  switch (visibility.kind) {
    case "all":
      return true;
    case "repositories":
      return visibility.names.includes(name);
    case "projects": {
      const [first = "", ...rest] = name.split("/");
      const project = rest.length === 0 ? visibility.defaultProject : first;
      return visibility.projects.includes(project) || publicProjects.includes(project);
    }
  }
}

async function fill(store: MetadataStore, { existing, linked, ...projects }: Case): Promise<void> {
  for (const name of projects.publicProjects) {
    await store.access.projects.create(projectOf(name, { public: true }));
  }
  for (const name of projects.privateProjects) await store.access.projects.create(projectOf(name));
  for (const name of existing) await store.manifests.commit(manifestOf(name, "content"));
  for (const name of linked) await pushBlob(store, name, blobOf("layer", name));
}

async function listed(store: MetadataStore, { visibility, limit }: Case): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const page = await store.repositories.list({ visibility, limit, after: names.at(-1) ?? "" });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    names.push(...page.entries);
    if (!page.more) return names;
    expect(page.entries).toHaveLength(limit);
  }
}

test("pages and mounts show what a filter over all names would", async () => {
  const property = fc.asyncProperty(anyCase, async (given) => {
    const store = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    try {
      await fill(store, given);
      const shown = given.existing.filter((name) => sees(given, name)).sort();
      expect(await listed(store, given)).toEqual(shown);
      const { digest } = blobOf("layer");
      const mount = { repository: "target/app", digest, visibility: given.visibility, now: 1 };
      expect(await store.blobLinks.mount(mount)).toBe(given.linked.some((name) => sees(given, name)));
    } finally {
      await store.close();
    }
  });
  await fc.assert(property, { numRuns: 100 });
});

describe("a list in a condition", () => {
  const columns = { projectColumn: "project", nameColumn: "name", first: 3 };
  const names = (count: number) => Array.from({ length: count }, (_, index) => `r${index}/x`);

  test("takes few lengths, so that few statements differ", () => {
    const texts = new Set<string>();
    for (let count = 1; count <= 2000; count += 7) {
      const { sql, parameters } = visibilityCondition(seesRepositories(...names(count)), columns);
      expect(new Set(sql.match(/\$\d+/g))).toHaveLength(parameters.length);
      texts.add(sql);
    }
    expect(texts.size).toBeLessThan(15);
  });

  test("may be as long as SQLite's longest, and is refused beyond", async () => {
    const store = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    for (const name of ["r0/x", "r31999/x", "r32000/x"])
      await store.manifests.commit(manifestOf(name, "content"));
    const page = (count: number) =>
      store.repositories.list({ visibility: seesRepositories(...names(count)), limit: 10 });
    expect((await page(31_999)).entries).toEqual(["r0/x"]);
    expect((await page(32_000)).entries).toEqual(["r0/x", "r31999/x"]);
    await expect(page(32_001)).rejects.toThrow("too many");
    await store.close();
  });

  test("finds nothing by a repository's name where there are no such names", () => {
    const { projectColumn, first } = columns;
    expect(visibilityCondition(seesRepositories("a/b"), { projectColumn, first }).sql).toBe("1 = 0");
  });
});
