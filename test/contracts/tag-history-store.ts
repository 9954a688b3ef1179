// The contract of the history of tags, and of immutable tags as far as they are asked about within a change.
import { describe, expect, test } from "vitest";
import type { TagRestore } from "../../storage/metadata/tag-history-store.ts";
import { collect, grace, push, start } from "./garbage-store-fixture.ts";
import { digestFor, manifestOf, type CurrentStore } from "./metadata-store-fixture.ts";
import { cacheManifest } from "./mirror-store-fixture.ts";

const repository = "team/app";
const [one, two] = [digestFor("one"), digestFor("two")];
const all = { limit: 1000 };
const restoring = (more: Partial<TagRestore> = {}): TagRestore => {
  return { repository, tag: "v1", isImmutable: false, now: start, ...more };
};
const isRelease = (tag: string) => tag.startsWith("v");

export function tagHistoryContract(store: CurrentStore): void {
  const kinds = async (tag = "v1") => {
    const { events } = await store().tagHistory.list(repository, tag, all);
    return events.map(({ kind, digest, previous, by }) => [kind, digest, previous, by]);
  };
  const removed = async () => {
    const { events } = await store().tagHistory.listRemoved(repository, all);
    return events.map(({ tag, kind, digest }) => [tag, kind, digest]);
  };
  const tagged = async (tag = "v1") => (await store().manifests.findByTag(repository, tag))?.digest;

  describe("the history of a tag", () => {
    test("tells every change with what it pointed at, by whom, the newest first", async () => {
      await store().manifests.commit(manifestOf(repository, "one", { tags: ["v1"], by: "ada" }));
      await store().manifests.commit(manifestOf(repository, "one", { tags: ["v1"], by: "again" }));
      await store().manifests.commit(manifestOf(repository, "two", { tags: ["v1", "v2"], by: "bob" }));
      await store().tags.delete(repository, "v1", start, undefined, { by: "cyd" });
      await store().tagHistory.restore(restoring({ by: "dan" }));
      await store().tags.delete(repository, "v1", start, undefined, { kind: "expired" });
      await store().manifests.commit(manifestOf(repository, "one", { tags: ["v1"] }));
      await store().manifests.delete(repository, one, start, { by: "eve" });
      expect(await kinds()).toEqual([
        ["manifest-deleted", one, undefined, "eve"],
        ["pushed", one, undefined, undefined],
        ["expired", two, undefined, undefined],
        ["restored", two, undefined, "dan"],
        ["deleted", two, undefined, "cyd"],
        ["moved", two, one, "bob"],
        ["pushed", one, undefined, "ada"],
      ]);
      expect(await kinds("v2")).toEqual([["pushed", two, undefined, "bob"]]);
      expect(await kinds("v3")).toEqual([]);
    });

    test("comes in pages, and says whether the manifest is there and since when nobody needs it", async () => {
      await push(store(), repository, "one", { tags: ["v1"] });
      await push(store(), repository, "two", { tags: ["v1"] });
      await store().tags.delete(repository, "v1", 5000);
      const { events, more } = await store().tagHistory.list(repository, "v1", { limit: 1 });
      expect(more).toBe(true);
      expect(events).toMatchObject([{ kind: "deleted", at: 5000, held: true, releasedAt: 5000 }]);
      const rest = await store().tagHistory.list(repository, "v1", { limit: 2, before: events[0]!.id });
      expect(rest.more).toBe(false);
      expect(rest.events.map(({ kind }) => kind)).toEqual(["moved", "pushed"]);
      await collect(store(), 5000 + grace);
      const gone = await store().tagHistory.list(repository, "v1", { limit: 1 });
      expect(gone.events).toMatchObject([{ held: false, releasedAt: undefined }]);
    });

    test("holds the last hundred changes", async () => {
      for (let turn = 0; turn < 120; turn += 1) {
        await push(store(), repository, turn % 2 === 0 ? "one" : "two", { tags: ["v1"], now: start + turn });
      }
      const { events } = await store().tagHistory.list(repository, "v1", all);
      expect(events.map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, at) => start + 119 - at));
    });

    test("forgets, as other tags go, what was before a removal that is long ago", async () => {
      const later = start + 91 * 86_400_000;
      await push(store(), repository, "one", { tags: ["v1", "v2", "v3"] });
      await store().tags.delete(repository, "v1", start);
      await store().tags.delete(repository, "v2", start);
      await push(store(), repository, "one", { tags: ["v2"], now: later });
      await store().tags.delete(repository, "v3", later);
      expect(await kinds("v1")).toEqual([]);
      expect(await kinds("v2")).toEqual([["pushed", one, undefined, undefined]]);
      expect(await kinds("v3")).toHaveLength(2);
    });

    test("knows nothing of what an upstream's tags do", async () => {
      await cacheManifest(store(), repository, "one", { tags: ["v1"] });
      await cacheManifest(store(), repository, "two", { tags: ["v1"] });
      await store().tags.delete(repository, "v1", start);
      expect(await kinds()).toEqual([]);
    });

    test("lists the tags that are gone, each by its last removal", async () => {
      await push(store(), repository, "one", { tags: ["v1", "v2", "v3"] });
      await push(store(), "other", "one", { tags: ["v9"] });
      await store().tags.delete("other", "v9", start);
      for (const tag of ["v1", "v2"]) await store().tags.delete(repository, tag, start);
      await push(store(), repository, "two", { tags: ["v1", "v2"] });
      await store().tags.delete(repository, "v1", start);
      expect(await removed()).toEqual([["v1", "deleted", two]]);
      await store().manifests.delete(repository, one, start);
      expect(await removed()).toEqual([
        ["v3", "manifest-deleted", one],
        ["v1", "deleted", two],
      ]);
    });
  });

  describe("restoring a tag", () => {
    test("brings back what it pointed at last, which is wanted again", async () => {
      await push(store(), repository, "one", { layers: ["layer"], tags: ["v1"] });
      await store().tags.delete(repository, "v1", start);
      const result = await store().tagHistory.restore(restoring({ now: start + grace - 1 }));
      expect(result).toEqual({ outcome: "restored", digest: one, previous: undefined });
      expect(await collect(store(), start + 5 * grace)).toMatchObject({ manifests: 0, blobs: 0 });
      expect(await tagged()).toBe(one);
    });

    test("comes too late when the manifest was collected, or deleted by its digest", async () => {
      await push(store(), repository, "one", { tags: ["v1"] });
      await store().tags.delete(repository, "v1", start);
      await collect(store(), start + grace);
      await push(store(), repository, "two", { tags: ["v2"] });
      await store().manifests.delete(repository, two, start);
      expect(await store().tagHistory.restore(restoring())).toEqual({ outcome: "gone", digest: one });
      expect(await store().tagHistory.restore(restoring({ tag: "v2" }))).toMatchObject({ outcome: "gone" });
      await push(store(), repository, "one");
      expect(await store().tagHistory.restore(restoring())).toMatchObject({ outcome: "restored" });
    });

    test("moves a tag that is there only to a digest that is named, and that it had once", async () => {
      await push(store(), repository, "one", { tags: ["v1"] });
      await push(store(), repository, "two", { tags: ["v1"] });
      await push(store(), repository, "three", { tags: ["v3"] });
      const restore = (wanted: TagRestore) => store().tagHistory.restore(wanted);
      expect(await restore(restoring())).toEqual({ outcome: "occupied", current: two });
      expect(await restore(restoring({ digest: two }))).toEqual({ outcome: "unchanged", digest: two });
      expect(await restore(restoring({ digest: digestFor("three") }))).toEqual({ outcome: "unknown" });
      expect(await restore(restoring({ tag: "v7" }))).toEqual({ outcome: "unknown" });
      expect(await restore(restoring({ repository: "nobody" }))).toEqual({ outcome: "unknown" });
      expect(await tagged()).toBe(two);
      expect(await restore(restoring({ digest: one }))).toEqual({
        ...{ outcome: "restored", digest: one, previous: two },
      });
      expect(await tagged()).toBe(one);
    });

    test("makes an immutable tag what it was last, and nothing else", async () => {
      await push(store(), repository, "one", { tags: ["v1"] });
      await push(store(), repository, "two", { tags: ["v1"] });
      const restore = (wanted: TagRestore) => store().tagHistory.restore(wanted);
      const moved = restoring({ digest: one, isImmutable: true });
      expect(await restore(moved)).toEqual({ outcome: "immutable", only: two });
      await store().tags.delete(repository, "v1", start);
      expect(await restore(moved)).toEqual({ outcome: "immutable", only: two });
      expect(await restore({ ...moved, digest: undefined })).toMatchObject({ outcome: "restored" });
      expect(await tagged()).toBe(two);
    });
  });

  describe("an immutable tag", () => {
    const pushed = (content: string, tags: string[]) =>
      store().manifests.commit(manifestOf(repository, content, { tags, isImmutable: isRelease }));

    test("may be pushed again with the same manifest only; nothing of another push happens", async () => {
      expect(await pushed("one", ["v1", "latest"])).toEqual({ outcome: "committed" });
      expect(await pushed("one", ["v1"])).toEqual({ outcome: "committed" });
      const refused = await pushed("two", ["latest", "v1"]);
      expect(refused).toEqual({ outcome: "immutable", tag: "v1", current: one });
      expect(await tagged("latest")).toBe(one);
      expect(await store().manifests.findByDigest(repository, two)).toBeUndefined();
      expect(await pushed("two", ["latest"])).toEqual({ outcome: "committed" });
    });

    test("of 20 first pushes at once exactly one wins", async () => {
      const names = Array.from({ length: 20 }, (_, index) => `content ${index}`);
      const results = await Promise.all(names.map((name) => pushed(name, ["v1"])));
      const winners = names.filter((_, index) => results[index]?.outcome === "committed");
      expect(winners).toHaveLength(1);
      expect(await tagged()).toBe(digestFor(winners[0]!));
    });

    test("keeps its manifest from being deleted, however many tags that has", async () => {
      const many = Array.from({ length: 250 }, (_, index) => `a${index}`);
      await pushed("one", [...many, "v1"]);
      const removal = { isImmutable: isRelease };
      const result = await store().manifests.delete(repository, one, start, removal);
      expect(result).toEqual({ outcome: "immutable", tag: "v1" });
      expect((await store().tags.list(repository, { limit: 1000 })).entries).toHaveLength(251);
      await store().tags.delete(repository, "v1", start);
      expect(await store().manifests.delete(repository, one, start, removal)).toEqual({ outcome: "deleted" });
      expect(await removed()).toHaveLength(251);
    });
  });
}
