// The contract of storing a manifest: preconditions, references, tags; all of it in one step or none of it.
import { describe, expect, test } from "vitest";
import type { Digest } from "../../storage/digest.ts";
import type { ManifestCommit } from "../../storage/metadata/metadata-store.ts";
import type { Reference } from "../../storage/metadata/records.ts";
import {
  blobOf,
  digestFor,
  listsAny,
  manifestOf,
  needsBlob,
  pushBlob,
  tagsOf,
  type CurrentStore,
} from "./metadata-store-fixture.ts";

const committed = { outcome: "committed" };
const repository = "team/app";

export function manifestCommitContract(store: CurrentStore): void {
  const commit = (content: string, more: Partial<ManifestCommit> = {}) =>
    store().manifests.commit(manifestOf(repository, content, more));

  describe("storing a manifest", () => {
    test("keeps exactly the bytes and the media type, under the digest and all tags", async () => {
      const bytes = Buffer.from([0, 255, 123, 13, 10, 0]);
      const sent = manifestOf(repository, "", {
        bytes,
        digest: digestFor("odd bytes"),
        tags: ["v1", "latest"],
      });
      expect(await store().manifests.commit(sent)).toEqual(committed);
      const kept = { digest: sent.digest, mediaType: sent.mediaType, bytes };
      expect(await store().manifests.findByDigest(repository, sent.digest)).toEqual(kept);
      expect(await store().manifests.findByTag(repository, "v1")).toEqual(kept);
      expect(await store().manifests.findByTag(repository, "latest")).toEqual(kept);
    });

    test("storing the same bytes again succeeds, adds the tags and takes the newer media type", async () => {
      await commit("content", { tags: ["v1"] });
      expect(await commit("content", { tags: ["v2"], mediaType: "other/type" })).toEqual(committed);
      expect(await tagsOf(store(), repository)).toEqual(["v1", "v2"]);
      expect((await store().manifests.findByTag(repository, "v1"))?.mediaType).toBe("other/type");
    });

    test("the same manifest in two repositories is two manifests", async () => {
      await commit("content", { tags: ["v1"] });
      expect(await store().manifests.findByDigest("other", digestFor("content"))).toBeUndefined();
      expect(await store().manifests.findByTag("other", "v1")).toBeUndefined();
      await store().manifests.commit(manifestOf("other", "content"));
      await store().manifests.delete(repository, digestFor("content"), 5000);
      expect(await store().manifests.findByDigest("other", digestFor("content"))).toBeDefined();
    });

    test("a tag named twice is one tag, and a tag moves to the manifest that named it last", async () => {
      await commit("one", { tags: ["v1", "v1"] });
      await commit("two", { tags: ["v1"] });
      expect(await tagsOf(store(), repository)).toEqual(["v1"]);
      expect((await store().manifests.findByTag(repository, "v1"))?.digest).toBe(digestFor("two"));
      expect(await store().manifests.findByDigest(repository, digestFor("one"))).toBeDefined();
    });

    describe("with references", () => {
      test("every required one that is absent is told, and nothing is stored", async () => {
        const here = blobOf("here");
        await pushBlob(store(), repository, here);
        const absent = [digestFor("absent layer"), digestFor("absent child")] as const;
        const references = [needsBlob(here.digest), needsBlob(absent[0]), listsAny(absent[1])];
        const result = await commit("content", { references, tags: ["v1"] });
        expect(result).toEqual({ outcome: "missing", digests: absent });
        expect(await store().manifests.findByDigest(repository, digestFor("content"))).toBeUndefined();
        expect(await tagsOf(store(), repository)).toEqual([]);
        expect(await store().repositories.exists(repository)).toBe(false);
        expect(await store().blobLinks.unlink(repository, here.digest, 5000)).toEqual({
          outcome: "unlinked",
        });
      });

      test("of thousands that are absent, at least the first hundred are told", async () => {
        const here = blobOf("here");
        await pushBlob(store(), repository, here);
        const absent = Array.from({ length: 3000 }, (_, index) => digestFor(`absent ${index}`));
        const result = await commit("content", { references: [here.digest, ...absent].map(needsBlob) });
        const told = result.outcome === "missing" ? result.digests : [];
        expect(told.slice(0, 100)).toEqual(absent.slice(0, 100));
      });

      test("a blob counts only when linked to this repository, and a manifest is not a blob", async () => {
        const blob = blobOf("elsewhere");
        await pushBlob(store(), "other", blob);
        await commit("child");
        const references = [needsBlob(blob.digest), needsBlob(digestFor("child"))];
        expect(await commit("content", { references })).toEqual({
          outcome: "missing",
          digests: [blob.digest, digestFor("child")],
        });
      });

      test("an index entry may be a manifest of this repository or a blob linked to it", async () => {
        const cache = blobOf("build cache");
        await pushBlob(store(), repository, cache);
        await commit("child");
        await store().manifests.commit(manifestOf("other", "foreign child"));
        const sound = [listsAny(digestFor("child")), listsAny(cache.digest)];
        expect(await commit("index", { references: sound })).toEqual(committed);
        expect(
          await commit("index 2", { references: [...sound, listsAny(digestFor("foreign child"))] }),
        ).toEqual({
          outcome: "missing",
          digests: [digestFor("foreign child")],
        });
      });

      test("one that is not required may be absent, unless it is required elsewhere in the manifest", async () => {
        const foreign: Reference = { digest: digestFor("foreign layer"), kind: "blob", required: false };
        expect(await commit("content", { references: [foreign] })).toEqual(committed);
        expect(await commit("stricter", { references: [foreign, { ...foreign, required: true }] })).toEqual({
          outcome: "missing",
          digests: [foreign.digest],
        });
      });

      test("a digest named as a blob and as an index entry must be a blob, and is told once", async () => {
        await commit("child");
        const digest = digestFor("child");
        const references = [listsAny(digest), needsBlob(digest), needsBlob(digest)];
        expect(await commit("content", { references })).toEqual({ outcome: "missing", digests: [digest] });
      });

      test("a damaged blob is absent", async () => {
        const blob = blobOf("layer");
        await pushBlob(store(), repository, blob);
        await store().blobLinks.markDamaged(blob.digest, blob.locator);
        const references = [needsBlob(blob.digest)];
        expect(await commit("content", { references })).toEqual({
          outcome: "missing",
          digests: [blob.digest],
        });
      });

      test("lazy stores the manifest whatever is absent", async () => {
        const references = [needsBlob(digestFor("absent")), listsAny(digestFor("absent too"))];
        expect(await commit("content", { references, referencePolicy: "lazy" })).toEqual(committed);
        expect(await store().manifests.findByDigest(repository, digestFor("content"))).toBeDefined();
      });

      test("stored again as something else, it needs what it names then and nothing more", async () => {
        const [before, both, after] = [blobOf("before"), blobOf("both"), blobOf("after")];
        for (const blob of [before, both, after]) await pushBlob(store(), repository, blob);
        await commit("content", { references: [needsBlob(before.digest), needsBlob(both.digest)] });
        await commit("content", { references: [needsBlob(both.digest), needsBlob(after.digest)] });
        const outcome = async (digest: Digest) =>
          (await store().blobLinks.unlink(repository, digest, 5000)).outcome;
        expect(await outcome(before.digest)).toBe("unlinked");
        expect(await outcome(both.digest)).toBe("needed");
        expect(await outcome(after.digest)).toBe("needed");
      });
    });

    describe("on a condition", () => {
      const absent = { kind: "absent" } as const;
      const any = { kind: "matches", digests: "any" } as const;
      const among = (...contents: string[]) =>
        ({ kind: "matches", digests: contents.map(digestFor) }) as const;

      test("an absent tag can be created, a present one not, not even with the same bytes", async () => {
        const demand = { tag: "v1", demand: absent };
        expect(await commit("one", { tags: ["v1"], precondition: demand })).toEqual(committed);
        const refused = { outcome: "precondition-failed", current: digestFor("one") };
        expect(await commit("two", { tags: ["v1"], precondition: demand })).toEqual(refused);
        expect(await commit("one", { tags: ["v1"], precondition: demand })).toEqual(refused);
        expect(await store().manifests.findByDigest(repository, digestFor("two"))).toBeUndefined();
      });

      test("a tag can be moved only from one of the digests named", async () => {
        await commit("one", { tags: ["v1"] });
        const from = (...contents: string[]) => ({ tag: "v1", demand: among(...contents) });
        const refused = { outcome: "precondition-failed", current: digestFor("one") };
        expect(await commit("two", { tags: ["v1"], precondition: from("other") })).toEqual(refused);
        expect(await commit("two", { tags: ["v1"], precondition: from("other", "one") })).toEqual(committed);
      });

      test("`any` demands that the tag exists", async () => {
        const demand = { tag: "v1", demand: any };
        const refused = { outcome: "precondition-failed", current: undefined };
        expect(await commit("one", { tags: ["v1"], precondition: demand })).toEqual(refused);
        await commit("one", { tags: ["v1"] });
        expect(await commit("two", { tags: ["v1"], precondition: demand })).toEqual(committed);
      });

      test("without a tag the manifest's own digest is meant", async () => {
        const refused = (current?: Digest) => ({ outcome: "precondition-failed", current });
        expect(await commit("one", { precondition: { demand: any } })).toEqual(refused());
        expect(await commit("one", { precondition: { demand: absent } })).toEqual(committed);
        expect(await commit("one", { precondition: { demand: absent } })).toEqual(refused(digestFor("one")));
        expect(await commit("one", { precondition: { demand: among("one") } })).toEqual(committed);
      });

      test("the condition is told before what is missing", async () => {
        const references = [needsBlob(digestFor("absent"))];
        const precondition = { tag: "v1", demand: any };
        expect((await commit("one", { references, precondition })).outcome).toBe("precondition-failed");
      });
    });
  });
}
