// The contract of tags.
import { describe, expect, test } from "vitest";
import { digestFor, manifestOf, tagsOf, type CurrentStore } from "./metadata-store-fixture.ts";

const repository = "team/app";

export function tagsContract(store: CurrentStore): void {
  describe("tags", () => {
    test("pages ascend by code points and hold at most `limit` entries after `after`", async () => {
      const tags = ["0", "10", "9", "A", "Z", "_", "a", "a-b", "a.b", "a_b"];
      await store().manifests.commit(manifestOf(repository, "one", { tags: [...tags].reverse() }));
      await store().manifests.commit(manifestOf("other", "one", { tags: ["elsewhere"] }));
      expect(await store().tags.list(repository, { limit: 20 })).toEqual({ entries: tags, more: false });
      expect(await store().tags.list(repository, { limit: 3 })).toEqual({
        entries: ["0", "10", "9"],
        more: true,
      });
      const rest = await store().tags.list(repository, { limit: 3, after: "a" });
      expect(rest).toEqual({ entries: ["a-b", "a.b", "a_b"], more: false });
      expect(await store().tags.list("nobody", { limit: 3 })).toEqual({ entries: [], more: false });
    });

    test("deleting one removes exactly that tag: siblings and the digest stay", async () => {
      await store().manifests.commit(manifestOf(repository, "one", { tags: ["v1", "latest"] }));
      await store().manifests.commit(manifestOf("other", "one", { tags: ["v1"] }));
      expect(await store().tags.delete(repository, "v1", 5000)).toBe(true);
      expect(await store().manifests.findByTag(repository, "v1")).toBeUndefined();
      expect((await store().manifests.findByTag(repository, "latest"))?.digest).toBe(digestFor("one"));
      expect(await store().manifests.findByDigest(repository, digestFor("one"))).toBeDefined();
      expect(await tagsOf(store(), "other")).toEqual(["v1"]);
    });

    test("deleting one only from certain digests leaves it where it points elsewhere", async () => {
      await store().manifests.commit(manifestOf(repository, "one", { tags: ["v1"] }));
      expect(await store().tags.delete(repository, "v1", 5000, [])).toBe(false);
      expect(await store().tags.delete(repository, "v1", 5000, [digestFor("two")])).toBe(false);
      expect(await tagsOf(store(), repository)).toEqual(["v1"]);
      expect(await store().tags.delete(repository, "v1", 5000, [digestFor("two"), digestFor("one")])).toBe(
        true,
      );
      expect(await tagsOf(store(), repository)).toEqual([]);
    });

    test("deleting an absent one is false", async () => {
      await store().manifests.commit(manifestOf(repository, "one", { tags: ["v1"] }));
      expect(await store().tags.delete(repository, "v2", 5000)).toBe(false);
      expect(await store().tags.delete("nobody", "v1", 5000)).toBe(false);
      await store().tags.delete(repository, "v1", 5000);
      expect(await store().tags.delete(repository, "v1", 5000)).toBe(false);
    });
  });
}
