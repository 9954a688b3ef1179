// The contract of removing manifests, of the referrers list and of descriptions.
import { describe, expect, test } from "vitest";
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

const repository = "team/app";
const subject = digestFor("subject");

export function manifestsContract(store: CurrentStore): void {
  describe("removing a manifest", () => {
    test("removes it with all its tags, and only those", async () => {
      await store().manifests.commit(manifestOf(repository, "one", { tags: ["v1", "latest"] }));
      await store().manifests.commit(manifestOf(repository, "two", { tags: ["v2"] }));
      expect(await store().manifests.delete(repository, digestFor("one"), 5000)).toEqual({
        outcome: "deleted",
      });
      expect(await store().manifests.findByDigest(repository, digestFor("one"))).toBeUndefined();
      expect(await store().manifests.findByTag(repository, "v1")).toBeUndefined();
      expect(await tagsOf(store(), repository)).toEqual(["v2"]);
    });

    test("with many hundreds of tags removes them all", async () => {
      const tags = Array.from({ length: 350 }, (_, index) => `v${index}`);
      await store().manifests.commit(manifestOf(repository, "one", { tags }));
      expect(await tagsOf(store(), repository)).toHaveLength(350);
      await store().manifests.delete(repository, digestFor("one"), 5000);
      expect(await tagsOf(store(), repository)).toEqual([]);
    });

    test("an absent one is told apart, also when another repository holds it", async () => {
      await store().manifests.commit(manifestOf("other", "one"));
      expect(await store().manifests.delete(repository, digestFor("one"), 5000)).toEqual({
        outcome: "absent",
      });
      await store().manifests.commit(manifestOf(repository, "two"));
      expect(await store().manifests.delete(repository, digestFor("one"), 5000)).toEqual({
        outcome: "absent",
      });
    });

    test("is refused while a present index of that repository lists it", async () => {
      await store().manifests.commit(manifestOf(repository, "child", { tags: ["v1"] }));
      const index = manifestOf(repository, "index", { references: [listsAny(digestFor("child"))] });
      await store().manifests.commit(index);
      const refused = { outcome: "needed", by: index.digest };
      expect(await store().manifests.delete(repository, digestFor("child"), 5000)).toEqual(refused);
      expect((await store().manifests.findByTag(repository, "v1"))?.digest).toBe(digestFor("child"));

      await store().manifests.delete(repository, index.digest, 5000);
      expect(await store().manifests.delete(repository, digestFor("child"), 5000)).toEqual({
        outcome: "deleted",
      });
    });

    test("an index of another repository and an image with a layer of that digest do not hold it", async () => {
      await store().manifests.commit(manifestOf(repository, "child"));
      await store().manifests.commit(manifestOf("other", "child"));
      await store().manifests.commit(
        manifestOf("other", "index", { references: [listsAny(digestFor("child"))] }),
      );
      await pushBlob(store(), repository, blobOf("child"));
      await store().manifests.commit(
        manifestOf(repository, "image", { references: [needsBlob(digestFor("child"))] }),
      );
      expect(await store().manifests.delete(repository, digestFor("child"), 5000)).toEqual({
        outcome: "deleted",
      });
    });

    test("is refused while a manifest lists it as an entry and names it as a blob, in either order", async () => {
      const [entry, layer] = [listsAny(digestFor("child")), needsBlob(digestFor("child"))];
      await pushBlob(store(), repository, blobOf("child"));
      await store().manifests.commit(manifestOf(repository, "child"));
      for (const references of [
        [entry, layer],
        [layer, entry],
      ]) {
        const parent = manifestOf(repository, "parent", { references });
        await store().manifests.commit(parent);
        const refused = { outcome: "needed", by: parent.digest };
        expect(await store().manifests.delete(repository, digestFor("child"), 5000)).toEqual(refused);
        await store().manifests.delete(repository, parent.digest, 5000);
      }
    });

    test("releases its blobs", async () => {
      const layers = Array.from({ length: 250 }, (_, index) => blobOf(`layer ${index}`));
      for (const layer of layers) await pushBlob(store(), repository, layer);
      const references = layers.map((layer) => needsBlob(layer.digest));
      await store().manifests.commit(manifestOf(repository, "one", { references }));
      await store().manifests.delete(repository, digestFor("one"), 5000);
      for (const layer of layers) {
        expect(await store().blobLinks.unlink(repository, layer.digest, 5000)).toEqual({
          outcome: "unlinked",
        });
      }
    });
  });

  describe("the referrers list", () => {
    const refer = (content: string, artifactType?: string, to = subject) =>
      store().manifests.commit(manifestOf(repository, content, { subject: to, artifactType }));
    const list = async (page: { limit: number; after?: string; artifactType?: string }) => {
      const { entries, more } = await store().manifests.listReferrers(repository, subject, page);
      return { digests: entries.map((entry) => entry.digest), more };
    };

    test("shows who names the subject, before and after the subject arrives", async () => {
      const annotations = { "org.example": 'ünïcode " quote' };
      const referrer = manifestOf(repository, "signature", { subject, artifactType: "a/type", annotations });
      await store().manifests.commit(referrer);
      const expected = {
        entries: [
          {
            digest: referrer.digest,
            mediaType: referrer.mediaType,
            size: referrer.bytes.length,
            artifactType: "a/type",
            annotations,
          },
        ],
        more: false,
      };
      expect(await store().manifests.listReferrers(repository, subject, { limit: 10 })).toEqual(expected);
      await store().manifests.commit(manifestOf(repository, "subject"));
      expect(await store().manifests.listReferrers(repository, subject, { limit: 10 })).toEqual(expected);
    });

    test("leaves out other subjects, other repositories and removed referrers", async () => {
      await refer("one");
      await refer("of another", undefined, digestFor("another subject"));
      await store().manifests.commit(manifestOf("other", "elsewhere", { subject }));
      expect(await list({ limit: 10 })).toEqual({ digests: [digestFor("one")], more: false });
      await store().manifests.delete(repository, digestFor("one"), 5000);
      expect(await list({ limit: 10 })).toEqual({ digests: [], more: false });
    });

    test("pages ascend by digest, with and without the filter by artifact type", async () => {
      const even: string[] = [];
      const all: string[] = [];
      for (let index = 0; index < 20; index++) {
        await refer(`referrer ${index}`, index % 2 === 0 ? "even/type" : undefined);
        if (index % 2 === 0) even.push(digestFor(`referrer ${index}`));
        all.push(digestFor(`referrer ${index}`));
      }
      even.sort();
      all.sort();
      expect(await list({ limit: 20 })).toEqual({ digests: all, more: false });
      expect(await list({ limit: 8, after: all[7]! })).toEqual({ digests: all.slice(8, 16), more: true });
      const artifactType = "even/type";
      expect(await list({ limit: 6, artifactType })).toEqual({ digests: even.slice(0, 6), more: true });
      expect(await list({ limit: 6, artifactType, after: even[5]! })).toEqual({
        digests: even.slice(6),
        more: false,
      });
      expect(await list({ limit: 6, artifactType: "no/type" })).toEqual({ digests: [], more: false });
    });
  });

  describe("descriptions", () => {
    test("are given for those digests that the repository holds", async () => {
      await store().manifests.commit(manifestOf("other", "elsewhere"));
      await store().manifests.commit(
        manifestOf(repository, "one", { artifactType: "a/type", annotations: {} }),
      );
      await store().manifests.commit(manifestOf(repository, "two"));
      const digests = ["one", "two", "two", "elsewhere", "nowhere"].map(digestFor);
      const found = await store().manifests.describe(repository, digests);
      const byDigest = new Map(found.map((entry) => [entry.digest, entry]));
      expect(found).toHaveLength(2);
      expect(byDigest.get(digestFor("one"))).toMatchObject({
        artifactType: "a/type",
        annotations: {},
        size: 3,
      });
      expect(byDigest.get(digestFor("two"))).toMatchObject({
        artifactType: undefined,
        annotations: undefined,
      });
    });

    test("of many hundreds of digests are complete", async () => {
      const contents = Array.from({ length: 230 }, (_, index) => `manifest ${index}`);
      for (const content of contents) await store().manifests.commit(manifestOf(repository, content));
      expect(await store().manifests.describe(repository, contents.map(digestFor))).toHaveLength(230);
      expect(await store().manifests.describe(repository, [])).toEqual([]);
    });
  });
}
