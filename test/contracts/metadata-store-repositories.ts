// The contract of the metadata store's repositories.
import { describe, expect, test } from "vitest";
import { all, blobOf, manifestOf, pushBlob, uploadOf, type CurrentStore } from "./metadata-store-fixture.ts";

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

      await store().manifests.delete("team/app", first.digest);
      expect(await store().repositories.exists("team/app")).toBe(true);
      await store().manifests.delete("team/app", second.digest);
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
      await store().manifests.delete("b", manifestOf("b", "content").digest);
      await store().manifests.delete("a", manifestOf("a", "content").digest);
      const second = await store().repositories.list({
        visibility: all,
        limit: 2,
        after: first.entries.at(-1)!,
      });
      expect(second.entries).toEqual(["c", "d"]);
    });
  });
}
