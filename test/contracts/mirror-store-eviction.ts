// The contract of eviction: what goes, what stays because somebody else has it, and what is never touched.
import { describe, expect, test } from "vitest";
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
  type CurrentStore,
} from "./metadata-store-fixture.ts";
import {
  cacheBlob,
  cachedDigests,
  cacheImage,
  cacheIndex,
  cacheManifest,
  holds,
  whenever,
} from "./mirror-store-fixture.ts";

const [here, there] = ["docker.io/library/app", "quay.io/team/app"];
const range = (length: number) => Array.from({ length }, (_, index) => index);

export function evictionContract(store: CurrentStore): void {
  const content = () => store().mirror.content;
  const eviction = () => store().mirror.eviction;
  const evict = (repository: string, name: string) =>
    eviction().evictManifest({ repository, digest: digestFor(name) }, whenever);

  describe("eviction of a manifest", () => {
    test("takes its tags, its links and the bytes that nobody else has, and these not before they are due", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["layer", "config"], tags: ["v1", "latest"] });
      const locators = ["layer", "config"].map((name) => blobOf(name, `of ${here} at 1000`).locator);
      expect(await evict(here, "image")).toBe("layer".length + "config".length);
      expect(await tagsOf(store(), here)).toEqual([]);
      expect(await store().repositories.exists(here)).toBe(false);
      expect(await holds(store(), here, "layer")).toBe(false);
      expect(await store().blobLinks.locate(digestFor("layer"))).toBeUndefined();
      expect(await eviction().usage()).toEqual({ bytes: 0, blobs: 0, manifests: 0 });
      expect(await store().discardedObjects.list(whenever.dueAt - 1, 10)).toEqual([]);
      expect((await store().discardedObjects.list(whenever.dueAt, 10)).sort()).toEqual(locators.sort());
    });

    test("leaves what another image of the repository names", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["shared", "own"] });
      await cacheImage(store(), here, { name: "other", layers: ["shared"] });
      expect(await evict(here, "image")).toBe("own".length);
      expect(await holds(store(), here, "shared")).toBe(true);
      expect(await evict(here, "other")).toBe("shared".length);
    });

    test("leaves the bytes of a blob that another cached repository has, and frees them with the last one", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["shared"] });
      await cacheImage(store(), there, { name: "image", layers: ["shared"] });
      expect(await evict(here, "image")).toBe(0);
      expect(await holds(store(), here, "shared")).toBe(false);
      expect(await holds(store(), there, "shared")).toBe(true);
      expect(await evict(there, "image")).toBe("shared".length);
    });

    test("leaves the bytes of a blob that was pushed elsewhere", async () => {
      await pushBlob(store(), "team/app", blobOf("shared"));
      await cacheImage(store(), here, { name: "image", layers: ["shared"] });
      expect(await evict(here, "image")).toBe(0);
      expect(await holds(store(), "team/app", "shared")).toBe(true);
    });

    test("frees a blob that another repository only names, which comes back with the next download", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["layer"] });
      await cacheManifest(store(), there, "image", { references: [needsBlob(digestFor("layer"))] });
      expect(await evict(here, "image")).toBe("layer".length);
      await cacheBlob(store(), there, blobOf("layer", "fetched again"));
      expect(await evict(there, "image")).toBe("layer".length);
      expect(await eviction().usage()).toEqual({ bytes: 0, blobs: 0, manifests: 0 });
    });

    test("leaves an index that lists it, and the child of an index that goes", async () => {
      const child = await cacheImage(store(), here, { name: "child", layers: ["layer"] });
      const index = await cacheIndex(store(), here, { name: "index", children: [child], tags: ["v1"] });
      expect(await evict(here, "child")).toBe("layer".length);
      expect((await store().manifests.findByTag(here, "v1"))?.digest).toBe(index);
      await cacheImage(store(), here, { name: "child", layers: ["layer"] });
      expect(await evict(here, "index")).toBe(0);
      expect(await cachedDigests(store())).toEqual([child]);
      expect(await holds(store(), here, "layer")).toBe(true);
    });

    test("takes a blob that an index names as a blob", async () => {
      await cacheManifest(store(), here, "cache", { references: [listsAny(digestFor("cached step"))] });
      await cacheBlob(store(), here, blobOf("cached step"));
      expect(await evict(here, "cache")).toBe("cached step".length);
    });

    test("is refused for what was pushed, what is not there, and what was pulled since", async () => {
      await store().manifests.commit(manifestOf("team/app", "image"));
      expect(await evict("team/app", "image")).toBeUndefined();
      expect(await evict("nobody", "image")).toBeUndefined();
      const digest = await cacheImage(store(), here, { name: "image", layers: ["layer"] }, 50);
      const manifest = { repository: here, digest };
      expect(
        await eviction().evictManifest(manifest, { ...whenever, unlessPulledSince: 49 }),
      ).toBeUndefined();
      await content().touch([manifest], 60);
      expect(
        await eviction().evictManifest(manifest, { ...whenever, unlessPulledSince: 50 }),
      ).toBeUndefined();
      expect(await holds(store(), here, "layer")).toBe(true);
      expect(await eviction().evictManifest(manifest, { ...whenever, unlessPulledSince: 60 })).toBe(5);
    });

    test("leaves links that were pushed to the same repository", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["layer", "config"] });
      await pushBlob(store(), here, blobOf("layer", "pushed"));
      expect(await evict(here, "image")).toBe("config".length);
      expect(await holds(store(), here, "layer")).toBe(true);
    });

    test("of one with hundreds of layers frees them all", async () => {
      const layers = range(250).map((index) => `layer ${index}`);
      await cacheImage(store(), here, { name: "image", layers });
      expect(await evict(here, "image")).toBe(layers.join("").length);
      expect(await discardedBy(store())).toHaveLength(250);
    });

    test("takes damaged blobs too, which free nothing", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["layer"] });
      const blob = blobOf("layer", `of ${here} at 1000`);
      await store().blobLinks.markDamaged(blob.digest, blob.locator);
      expect(await evict(here, "image")).toBe(0);
      expect(await discardedBy(store())).toEqual([blob.locator]);
    });
  });

  describe("eviction of loose blobs", () => {
    const evictLoose = (before: number, limit = 100) =>
      eviction().evictLooseBlobs({ before, limit, now: 9000, dueAt: 9900 });

    test("takes those that no manifest of their repository names, the longest unused first", async () => {
      await cacheBlob(store(), here, blobOf("first"), 10);
      await cacheBlob(store(), here, blobOf("second"), 20);
      await cacheBlob(store(), here, blobOf("third one"), 30);
      await cacheImage(store(), here, { name: "image", layers: ["needed"] }, 5);
      await cacheManifest(store(), there, "elsewhere", { references: [needsBlob(digestFor("first"))] });
      await pushBlob(store(), "team/app", blobOf("pushed"), 5);
      expect(await evictLoose(30, 1)).toEqual({ blobs: 1, bytes: "first".length });
      expect(await evictLoose(30)).toEqual({ blobs: 1, bytes: "second".length });
      expect(await evictLoose(30)).toEqual({ blobs: 0, bytes: 0 });
      expect(await holds(store(), here, "third one")).toBe(true);
      expect(await holds(store(), here, "needed")).toBe(true);
      expect(await holds(store(), "team/app", "pushed")).toBe(true);
    });

    test("finds them behind hundreds that are needed", async () => {
      const layers = range(1100).map((index) => `layer ${index}`);
      await cacheImage(store(), here, { name: "image", layers }, 10);
      await cacheBlob(store(), here, blobOf("loose"), 20);
      expect(await evictLoose(100)).toEqual({ blobs: 1, bytes: "loose".length });
    });

    test("takes what a manifest left that was deleted", async () => {
      const digest = await cacheImage(store(), here, { name: "image", layers: ["layer"] });
      await store().manifests.delete(here, digest, 5000);
      expect(await evictLoose(5000)).toEqual({ blobs: 1, bytes: "layer".length });
    });
  });

  describe("eviction at once with others", () => {
    test("a manifest that is pushed while its blob's cached image is evicted has the blob, or is told that it is missing", async () => {
      for (const index of range(20)) {
        const layer = `layer ${index}`;
        await cacheImage(store(), here, { name: `cached ${index}`, layers: [layer] });
        const pushed = manifestOf(here, `pushed ${index}`, { references: [needsBlob(digestFor(layer))] });
        const calls = [
          async () => (await store().manifests.commit(pushed)).outcome,
          async () => `evicted ${await evict(here, `cached ${index}`)}`,
        ];
        if (index % 2 === 1) calls.reverse();
        const outcomes = (await Promise.all(calls.map((call) => call()))).sort();
        expect([
          ["committed", "evicted 0"],
          [`evicted ${layer.length}`, "missing"],
        ]).toContainEqual(outcomes);
        expect(await holds(store(), here, layer)).toBe(outcomes.includes("committed"));
      }
    });

    test("a cached manifest that comes while another one goes keeps what it names, if that was there", async () => {
      for (const index of range(20)) {
        const layer = `layer ${index}`;
        await cacheImage(store(), here, { name: `old ${index}`, layers: [layer] });
        const references = [needsBlob(digestFor(layer))];
        const calls = [
          () => cacheManifest(store(), here, `new ${index}`, { references }),
          () => evict(here, `old ${index}`),
        ];
        if (index % 2 === 1) calls.reverse();
        const freed = (await Promise.all(calls.map((call) => call()))).find(
          (result) => typeof result === "number",
        );
        expect(await holds(store(), here, layer)).toBe(freed === 0);
        expect(
          await content().linkBlob({ repository: here, digest: digestFor(layer), from: all, now: 5 }),
        ).toBe(freed === 0);
      }
    });

    test("a push that brings the blob's bytes again has a blob, whichever comes first", async () => {
      for (const index of range(20)) {
        const layer = `layer ${index}`;
        await cacheImage(store(), here, { name: `cached ${index}`, layers: [layer] });
        const calls = [
          () => pushBlob(store(), "team/app", blobOf(layer, "pushed")),
          () => evict(here, `cached ${index}`),
        ];
        if (index % 2 === 1) calls.reverse();
        await Promise.all(calls.map((call) => call()));
        const blob = await store().blobLinks.find("team/app", digestFor(layer));
        expect(blob).toBeDefined();
        expect(await discardedBy(store())).not.toContain(blob?.locator);
      }
    });

    test("two evictions of one manifest free its bytes once", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["layer"] });
      const freed = await Promise.all(range(5).map(() => evict(here, "image")));
      expect(freed.filter((bytes) => bytes !== undefined)).toEqual(["layer".length]);
    });
  });
}
