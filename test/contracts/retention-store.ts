// Holds an implementation to the sentences of RetentionStore. Reachability after "delete untagged" is a file of its own.
import { describe, expect, test } from "vitest";
import type { PushedTag } from "../../storage/metadata/retention-store.ts";
import { collect, grace, heldOf, push, start } from "./garbage-store-fixture.ts";
import { digestFor, type CurrentStore } from "./metadata-store-fixture.ts";
import { cacheImage } from "./mirror-store-fixture.ts";
import { untaggedContract } from "./retention-store-untagged.ts";

const here = "team/app";
const later = start + 500;

export function retentionStoreContract(store: CurrentStore): void {
  const tagsOf = async (repository = here) =>
    (await store().retention.listTags(repository, { limit: 100 })).entries;
  const pull = (name: string, at: number, tag?: string) =>
    store().retention.notePulls([{ repository: here, digest: digestFor(name), tag }], at);
  const tagged = (tag: string, name: string, more: Partial<PushedTag> = {}): PushedTag => ({
    ...{ tag, digest: digestFor(name), pushedAt: start, pulledAt: undefined, subjectHeld: undefined },
    ...more,
  });

  describe("pushed tags", () => {
    test("come by name, page by page, with their times; what is cached is not among them", async () => {
      await push(store(), here, "one", { tags: ["b", "a"] });
      await push(store(), here, "two", { tags: ["c"], now: later });
      await cacheImage(store(), "docker.io/app", { name: "cached", layers: [], tags: ["v1"] });
      const page = await store().retention.listTags(here, { limit: 2 });
      expect(page).toEqual({ entries: [tagged("a", "one"), tagged("b", "one")], more: true });
      expect(await store().retention.listTags(here, { limit: 2, after: "b" })).toEqual({
        entries: [tagged("c", "two", { pushedAt: later })],
        more: false,
      });
      expect(await tagsOf("docker.io/app")).toEqual([]);
      expect(await tagsOf("nobody/knows")).toEqual([]);
    });

    test("are pushed again when they are set to the same digest again, and when they are moved", async () => {
      await push(store(), here, "one", { tags: ["a", "b"] });
      await push(store(), here, "one", { tags: ["a"], now: later });
      await push(store(), here, "two", { tags: ["b"], now: later + 1 });
      expect(await tagsOf()).toEqual([
        tagged("a", "one", { pushedAt: later }),
        tagged("b", "two", { pushedAt: later + 1 }),
      ]);
    });

    test("are pulled by their name, or with their manifest by its digest", async () => {
      await push(store(), here, "one", { tags: ["a", "b"] });
      await push(store(), here, "two", { tags: ["c"] });
      await pull("two", later, "c");
      await pull("one", later + 1);
      await pull("one", later);
      expect((await tagsOf()).map(({ pulledAt }) => pulledAt)).toEqual([later + 1, later + 1, later]);
      await push(store(), here, "three", { tags: ["c"], now: later + 2 });
      expect((await tagsOf()).at(-1)).toMatchObject({ digest: digestFor("three"), pulledAt: later });
    });

    test("are pulled with what their index lists, at whatever depth, and not with what they share blobs with", async () => {
      await push(store(), here, "child", { layers: ["layer"] });
      await push(store(), here, "inner", { children: ["child"] });
      await push(store(), here, "outer", { children: ["inner", "layer"], tags: ["outer"] });
      await push(store(), here, "sibling", { layers: ["layer"], tags: ["sibling"] });
      await pull("child", later);
      expect((await tagsOf()).map(({ tag, pulledAt }) => [tag, pulledAt])).toEqual([
        ["outer", later],
        ["sibling", undefined],
      ]);
    });

    test("say whether what their name speaks of is held", async () => {
      await push(store(), here, "image", { tags: ["v1"] });
      const [held, gone] = ["image", "gone"].map((name) => digestFor(name).replace(":", "-"));
      const names = [`${held}`, `${held}.sig`, `${gone}.att`, "sha256-abc", `x${held}`];
      await push(store(), here, "signature", { tags: names });
      const subjects = new Map((await tagsOf()).map(({ tag, subjectHeld }) => [tag, subjectHeld]));
      expect(names.map((name) => subjects.get(name))).toEqual([true, true, false, undefined, undefined]);
    });

    test("leave no times behind for whatever comes after them", async () => {
      await push(store(), here, "one", { tags: ["a"] });
      await pull("one", later, "a");
      await store().manifests.delete(here, digestFor("one"), later);
      await push(store(), here, "two", { tags: ["a"], now: later });
      expect(await tagsOf()).toEqual([tagged("a", "two", { pushedAt: later })]);
    });
  });

  describe("giving tags up", () => {
    test("removes each as a DELETE does: siblings stay, and the last one releases the manifest", async () => {
      await push(store(), here, "one", { tags: ["a", "b"], layers: ["layer"] });
      const [a, b] = await tagsOf();
      if (a === undefined || b === undefined) throw new Error("two tags were pushed");
      expect(await store().retention.expireTags(here, [a], { now: later })).toEqual(["a"]);
      await collect(store(), later + grace);
      expect(await tagsOf()).toEqual([b]);
      expect(await store().retention.expireTags(here, [a, b], { now: later })).toEqual(["b"]);
      expect(await heldOf(store(), here, ["one", "layer"])).toEqual(["one", "layer"]);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["one", "layer"])).toEqual([]);
    });

    test("is told in the history of the tag, from where it can be brought back within the grace", async () => {
      await push(store(), here, "one", { tags: ["a"] });
      const removal = { now: later, by: "retention:apps" };
      await store().retention.expireTags(here, await tagsOf(), removal);
      const { events } = await store().tagHistory.list(here, "a", { limit: 1 });
      expect(events).toMatchObject([{ kind: "expired", at: later, by: "retention:apps", held: true }]);
      const restore = { repository: here, tag: "a", isImmutable: false, now: later + 1 };
      expect(await store().tagHistory.restore(restore)).toMatchObject({ outcome: "restored" });
      expect(await tagsOf()).toEqual([tagged("a", "one", { pushedAt: later + 1 })]);
    });

    const changes: readonly [what: string, change: () => Promise<unknown>][] = [
      ["pushed again", () => push(store(), here, "one", { tags: ["a"], now: later })],
      ["moved", () => push(store(), here, "two", { tags: ["a"] })],
      ["pulled", () => pull("one", later, "a")],
      ["pulled by its digest", () => pull("one", later)],
      ["deleted", () => store().tags.delete(here, "a", later)],
    ];
    test.each(changes)("leaves alone what was %s since it was judged", async (_, change) => {
      await push(store(), here, "one", { tags: ["a", "b"] });
      const judged = await tagsOf();
      await change();
      const expired = await store().retention.expireTags(here, judged, { now: later });
      expect(expired).not.toContain("a");
    });

    test("leaves a signature alone whose subject came meanwhile", async () => {
      const tag = `${digestFor("image").replace(":", "-")}.sig`;
      await push(store(), here, "signature", { tags: [tag] });
      const judged = await tagsOf();
      await push(store(), here, "image");
      expect(await store().retention.expireTags(here, judged, { now: later })).toEqual([]);
    });
  });

  untaggedContract(store);
}
