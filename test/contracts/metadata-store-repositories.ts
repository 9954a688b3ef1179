// The contract of the metadata store's repositories.
import { beforeEach, describe, expect, test } from "vitest";
import type { Visibility } from "../../storage/metadata/access-store.ts";
import { projectOf } from "./metadata-store-access-fixture.ts";
import {
  all,
  blobOf,
  manifestOf,
  pushBlob,
  seesProjects,
  seesRepositories,
  uploadOf,
  type CurrentStore,
} from "./metadata-store-fixture.ts";

/** In the order of pages. `teams` is a repository of the default project, whatever projects are called. */
const held = [
  "alpine",
  "library/nginx",
  "open/tool",
  "team-b/app",
  "team/app",
  "team/app/cache",
  "teams",
  "zoo/x",
];
const open = ["open/tool"];
const team = ["team/app", "team/app/cache"];

const visible: [what: string, visibility: Visibility, expected: string[]][] = [
  ["everything", all, held],
  ["only what is public", seesProjects(), open],
  ["a project, and not those whose names begin like it", seesProjects("team"), [...open, ...team]],
  ["another", seesProjects("team-b"), [...open, "team-b/app"]],
  [
    "several, whatever their order",
    seesProjects("zoo", "team", "team-b"),
    [...open, "team-b/app", ...team, "zoo/x"],
  ],
  [
    "a project once, though it is named twice or is public",
    seesProjects("team", "open", "team"),
    [...open, ...team],
  ],
  ["no repository of a single segment for a project of that name", seesProjects("teams", "alpine"), open],
  [
    "those of a single segment with the default project",
    seesProjects("library"),
    ["alpine", "library/nginx", ...open, "teams"],
  ],
  ["nothing more for projects that are not there", seesProjects("te", "team/app", "nobody"), open],
  [
    "a project beside the default one",
    seesProjects("team", "library"),
    ["alpine", "library/nginx", ...open, ...team, "teams"],
  ],
  [
    "these repositories, public or not",
    seesRepositories("zoo/x", "teams", "nobody/x", "team"),
    ["teams", "zoo/x"],
  ],
  ["no repository", seesRepositories(), []],
];

export function repositoriesContract(store: CurrentStore): void {
  describe("repositories", () => {
    test("a repository exists while it holds a manifest, not for a blob or an upload", async () => {
      await store().uploads.start(uploadOf("u1", "team/app"));
      await pushBlob(store(), "team/app", blobOf("layer"));
      expect(await store().repositories.exists("team/app")).toBe(false);
      expect(await store().repositories.list({ visibility: all, limit: 10 })).toEqual({
        entries: [],
        more: false,
      });

      const first = manifestOf("team/app", "first");
      const second = manifestOf("team/app", "second");
      await store().manifests.commit(first);
      await store().manifests.commit(first);
      await store().manifests.commit(second);
      expect(await store().repositories.exists("team/app")).toBe(true);
      expect(await store().repositories.exists("team")).toBe(false);

      await store().manifests.delete("team/app", first.digest, 5000);
      expect(await store().repositories.exists("team/app")).toBe(true);
      await store().manifests.delete("team/app", second.digest, 5000);
      expect(await store().repositories.exists("team/app")).toBe(false);
      expect(await store().repositories.list({ visibility: all, limit: 10 })).toEqual({
        entries: [],
        more: false,
      });
    });

    test("pages ascend by code points, whatever the order of arrival", async () => {
      const names = ["a-b", "a.b", "a/b", "a/b/c", "a0", "a_b", "aa", "b", "\u{ff5e}", "\u{1f600}"];
      for (const name of [...names].reverse()) await store().manifests.commit(manifestOf(name, "content"));
      expect(await store().repositories.list({ visibility: all, limit: 20 })).toEqual({
        entries: names,
        more: false,
      });
    });

    test("a page holds at most `limit` entries after `after`, and tells whether more remain", async () => {
      for (const name of ["a", "b", "c", "d"]) await store().manifests.commit(manifestOf(name, "content"));
      const list = store().repositories;
      expect(await list.list({ visibility: all, limit: 2 })).toEqual({ entries: ["a", "b"], more: true });
      expect(await list.list({ visibility: all, limit: 2, after: "b" })).toEqual({
        entries: ["c", "d"],
        more: false,
      });
      expect(await list.list({ visibility: all, limit: 2, after: "bb" })).toEqual({
        entries: ["c", "d"],
        more: false,
      });
      expect(await list.list({ visibility: all, limit: 2, after: "d" })).toEqual({
        entries: [],
        more: false,
      });
      expect(await list.list({ visibility: all, limit: 0 })).toEqual({ entries: [], more: true });
    });

    test("a repository that goes between two pages makes the walk skip nobody else", async () => {
      for (const name of ["a", "b", "c", "d"]) await store().manifests.commit(manifestOf(name, "content"));
      const first = await store().repositories.list({ visibility: all, limit: 2 });
      await store().manifests.delete("b", manifestOf("b", "content").digest, 5000);
      await store().manifests.delete("a", manifestOf("a", "content").digest, 5000);
      const second = await store().repositories.list({
        visibility: all,
        limit: 2,
        after: first.entries.at(-1)!,
      });
      expect(second.entries).toEqual(["c", "d"]);
    });

    describe("of whom somebody sees", () => {
      beforeEach(async () => {
        await store().access.projects.create(projectOf("open", { public: true }));
        for (const project of ["team", "library", "teams"])
          await store().access.projects.create(projectOf(project));
        for (const name of held) await store().manifests.commit(manifestOf(name, "content"));
      });

      test.each(visible)("%s, are listed, on whatever pages", async (_, visibility, expected) => {
        const list = store().repositories;
        expect(await list.list({ visibility, limit: 100 })).toEqual({ entries: expected, more: false });
        for (const limit of [1, 2, 3]) {
          const walked: string[] = [];
          for (let more = true; more;) {
            const page = await list.list({ visibility, limit, after: walked.at(-1) ?? "" });
            expect(page.entries.length).toBeLessThanOrEqual(limit);
            walked.push(...page.entries);
            more = page.more && page.entries.length > 0;
          }
          expect([limit, ...walked]).toEqual([limit, ...expected]);
        }
      });

      test("a public default project, all those of a single segment are listed too", async () => {
        await store().access.projects.change("library", { public: true });
        const page = await store().repositories.list({ visibility: seesProjects(), limit: 100 });
        expect(page.entries).toEqual(["alpine", "library/nginx", ...open, "teams"]);
      });

      test("more projects than one statement can name, those are listed", async () => {
        const many = Array.from({ length: 33_000 }, (_, index) => `no-${index}`);
        const page = await store().repositories.list({
          visibility: seesProjects(...many, "zoo"),
          limit: 100,
        });
        expect(page.entries).toEqual([...open, "zoo/x"]);
      });
    });
  });
}
