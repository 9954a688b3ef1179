// The contract of links: who keeps one, and what becomes of blobs when the last goes, in every order of the atomic
// steps of a push and of a collection (REQ-2).
import { describe, expect, test } from "vitest";
import { collect, grace, heldOf, push, start } from "./garbage-store-fixture.ts";
import {
  all,
  blobOf,
  digestFor,
  discardedBy,
  manifestOf,
  needsBlob,
  pushBlob,
  type CurrentStore,
} from "./metadata-store-fixture.ts";
import { cacheBlob, cacheImage } from "./mirror-store-fixture.ts";

const here = "team/app";
const there = "other/app";
const layer = blobOf("layer");
const due = start + grace;

export function linksContract(store: CurrentStore): void {
  const blobs = () => store().blobLinks;
  const putImage = async (now: number) => {
    const image = manifestOf(here, "image", { references: [needsBlob(layer.digest)], tags: ["v1"], now });
    return (await store().manifests.commit(image)).outcome;
  };
  const touch = async (now: number, digests = [layer.digest]) => {
    const content = digests.map((digest) => ({ repository: here, digest }));
    const held = await store().garbage.touch(content, { now, unlessSince: now - grace / 4 });
    return held.map(({ digest }) => digest);
  };

  describe("a link that nothing names", () => {
    test("goes a grace after its push, its blob with it, and the bytes when they are due", async () => {
      await pushBlob(store(), here, layer, start);
      expect(await collect(store(), due - 1)).toMatchObject({ links: 0 });
      expect(await blobs().find(here, layer.digest)).toEqual(layer);
      const gone = { manifests: 0, links: 1, blobs: 1, bytes: layer.size };
      expect(await collect(store(), due)).toEqual(gone);
      expect(await blobs().find(here, layer.digest)).toBeUndefined();
      expect(await blobs().locate(layer.digest)).toBeUndefined();
      expect(await store().discardedObjects.list(due + 59, 10)).toEqual([]);
      expect(await store().discardedObjects.list(due + 60, 10)).toEqual([layer.locator]);
    });

    test("goes alone while another repository has the blob, however it has it", async () => {
      await pushBlob(store(), here, layer, start);
      await cacheBlob(store(), there, blobOf("layer", "fetched"));
      expect(await collect(store(), due)).toEqual({ manifests: 0, links: 1, blobs: 0, bytes: 0 });
      expect(await blobs().find(here, layer.digest)).toBeUndefined();
      expect(await blobs().find(there, layer.digest)).toEqual(layer);
    });

    test("that is cached is left to eviction, until somebody pushes it", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["needed"] });
      await cacheBlob(store(), here, layer);
      expect(await collect(store(), 10 * due)).toMatchObject({ links: 0 });
      await pushBlob(store(), here, blobOf("layer", "pushed"), due);
      expect(await collect(store(), due + grace)).toMatchObject({ links: 1 });
      expect(await heldOf(store(), here, ["needed", "layer"])).toEqual(["needed"]);
    });

    test("gets a whole grace from the removal of the last manifest that named it", async () => {
      await push(store(), here, "image", { layers: ["layer"] });
      await push(store(), here, "other", { layers: ["layer"] });
      await collect(store(), due);
      await store().manifests.delete(here, digestFor("image"), 2 * due);
      await store().manifests.delete(here, digestFor("other"), 3 * due);
      await collect(store(), 3 * due + grace - 1);
      expect(await heldOf(store(), here, ["layer"])).toEqual(["layer"]);
      await collect(store(), 3 * due + grace);
      expect(await heldOf(store(), here, ["layer"])).toEqual([]);
    });

    test("goes with a manifest that is read another way when it is stored again", async () => {
      await push(store(), here, "image", { layers: ["layer", "config"] });
      const again = { references: [needsBlob(digestFor("config"))], now: due };
      await store().manifests.commit(manifestOf(here, "image", again));
      await collect(store(), due + grace);
      expect(await heldOf(store(), here, ["layer", "config"])).toEqual(["config"]);
    });

    test("of a damaged blob goes too, and frees nothing", async () => {
      await pushBlob(store(), here, layer, start);
      await blobs().markDamaged(layer.digest, layer.locator);
      expect(await collect(store(), due)).toEqual({ manifests: 0, links: 1, blobs: 1, bytes: 0 });
      expect(await discardedBy(store())).toEqual([layer.locator]);
    });
  });

  describe("unlinking", () => {
    test("the last link takes the blob along", async () => {
      await pushBlob(store(), here, layer, start);
      await blobs().mount({
        repository: there,
        digest: layer.digest,
        from: here,
        visibility: all,
        now: start,
      });
      await blobs().unlink(here, layer.digest, start);
      expect(await blobs().locate(layer.digest)).toEqual(layer);
      await blobs().unlink(there, layer.digest, start);
      expect(await blobs().locate(layer.digest)).toBeUndefined();
      expect(await store().discardedObjects.list(start + 59_999, 10)).toEqual([]);
      expect(await store().discardedObjects.list(start + 60_000, 10)).toEqual([layer.locator]);
    });
  });

  describe("a push that races with a collection", () => {
    test("HEAD of an old orphan, collection, manifest: the image has its blob", async () => {
      await pushBlob(store(), here, layer, start);
      expect(await touch(due)).toEqual([layer.digest]);
      await collect(store(), due);
      expect(await putImage(due)).toBe("committed");
      expect(await blobs().find(here, layer.digest)).toEqual(layer);
    });

    test("collection, HEAD: the blob is absent, and a push of it wins over the delete", async () => {
      await pushBlob(store(), here, layer, start);
      await collect(store(), due);
      expect(await touch(due)).toEqual([]);
      expect(await putImage(due)).toBe("missing");
      const again = blobOf("layer", "again");
      await pushBlob(store(), here, again, due);
      expect(await putImage(due)).toBe("committed");
      expect(await blobs().find(here, layer.digest)).toEqual(again);
      expect(await discardedBy(store())).toEqual([layer.locator]);
    });

    test("manifest, collection: the blob stays; collection, manifest: it is told to be missing", async () => {
      await pushBlob(store(), here, layer, start);
      expect(await putImage(due)).toBe("committed");
      expect(await collect(store(), due)).toMatchObject({ links: 0 });
      expect(await blobs().find(here, layer.digest)).toEqual(layer);
    });

    test("HEAD of what only a released image names, collection, manifest: the image has its blob", async () => {
      await push(store(), here, "old", { layers: ["layer"] });
      await push(store(), here, "index", { children: ["old"], tags: ["old"] });
      await collect(store(), due);
      await store().tags.delete(here, "old", due);
      expect(await touch(due + grace - 1)).toEqual([layer.digest]);
      expect(await collect(store(), due + grace)).toMatchObject({ manifests: 2, links: 0 });
      expect(await putImage(due + grace)).toBe("committed");
      expect(await heldOf(store(), here, ["layer", "image", "old"])).toEqual(["layer", "image"]);
    });

    test("HEAD of a child of a released index, collection, index: the index has its child", async () => {
      await push(store(), here, "child", { layers: ["layer"] });
      await push(store(), here, "index", { children: ["child"], tags: ["v1"] });
      await store().tags.delete(here, "v1", due);
      const child = digestFor("child");
      expect(await touch(due + grace - 1, [child])).toEqual([child]);
      await collect(store(), due + grace);
      expect(await heldOf(store(), here, ["index", "child", "layer"])).toEqual(["child", "layer"]);
      await push(store(), here, "new index", { children: ["child"], now: due + 2 * grace - 2 });
      await collect(store(), due + 5 * grace);
      expect(await heldOf(store(), here, ["child", "layer"])).toEqual(["child", "layer"]);
    });

    test.each([true, false])(
      "mount first: %s, collection of the source: the target has the blob or is told",
      async (first) => {
        await pushBlob(store(), there, layer, start);
        const mount = { repository: here, digest: layer.digest, from: there, visibility: all, now: due };
        const mounted = async () => {
          expect(await blobs().mount(mount)).toBe(first);
        };
        if (first) await mounted();
        await collect(store(), due);
        if (!first) await mounted();
        expect(await putImage(due)).toBe(first ? "committed" : "missing");
        expect(await blobs().find(there, layer.digest)).toBeUndefined();
      },
    );

    test("a mount of what is linked already keeps it as a push would", async () => {
      await pushBlob(store(), here, layer, start);
      await blobs().mount({ repository: here, digest: layer.digest, from: here, visibility: all, now: due });
      await collect(store(), due);
      expect(await putImage(due)).toBe("committed");
    });

    test("twenty pushes and collections at once end with every acknowledged image whole", async () => {
      for (let n = 0; n < 20; n++) {
        const blob = blobOf(`layer ${n}`);
        await pushBlob(store(), here, blob, start);
        const image = manifestOf(here, `image ${n}`, { references: [needsBlob(blob.digest)], now: due });
        const calls = [
          async () => (await store().manifests.commit(image)).outcome,
          async () => `collected ${(await collect(store(), due)).links}`,
        ];
        if (n % 2 === 1) calls.reverse();
        const outcomes = (await Promise.all(calls.map((call) => call()))).sort();
        expect([
          ["collected 0", "committed"],
          ["collected 1", "missing"],
        ]).toContainEqual(outcomes);
        expect(await heldOf(store(), here, [`layer ${n}`])).toHaveLength(
          outcomes.includes("committed") ? 1 : 0,
        );
      }
    });
  });

  describe("a touch", () => {
    test("writes nothing where one was noted within a quarter of the grace", async () => {
      await pushBlob(store(), here, layer, start);
      expect(await touch(start + grace / 4)).toEqual([layer.digest]);
      expect(await collect(store(), due)).toMatchObject({ links: 1 });
    });

    test("of hundreds keeps them all, and tells which are held", async () => {
      const names = Array.from({ length: 230 }, (_, n) => `layer ${n}`);
      for (const name of names) await pushBlob(store(), here, blobOf(name), start);
      const held = await touch(due, [...names, "absent"].map(digestFor));
      expect(held).toHaveLength(names.length);
      expect(await collect(store(), due)).toMatchObject({ links: 0 });
    });

    test("of a repository that does not hold it keeps nothing", async () => {
      await pushBlob(store(), there, layer, start);
      expect(await touch(due)).toEqual([]);
      expect(await collect(store(), due)).toMatchObject({ links: 1 });
    });

    test("makes no garbage of a manifest that was pushed by digest, or that lost its tag to another", async () => {
      await push(store(), here, "root", { layers: ["layer"] });
      await push(store(), here, "tagged", { tags: ["v1"] });
      await touch(due, ["root", "tagged"].map(digestFor));
      await push(store(), here, "new", { tags: ["v1"], now: due });
      await collect(store(), 5 * due);
      expect(await heldOf(store(), here, ["root", "layer", "tagged"])).toEqual(["root", "layer", "tagged"]);
    });

    test("of cached content is none, but tells that it is held", async () => {
      const digest = await cacheImage(store(), here, { name: "image", layers: ["layer"] });
      expect((await touch(due, [digest, layer.digest])).sort()).toEqual([digest, layer.digest].sort());
      expect(await collect(store(), 5 * due)).toMatchObject({ manifests: 0, links: 0 });
    });
  });
}
