// The contract of the mirror's part of the metadata store: tags, fills, pins, and its meeting with everything else.
// Cached content and its eviction have files of their own.
import { describe, expect, test } from "vitest";
import type { FillRecord } from "../../storage/metadata/mirror-store.ts";
import { projectOf } from "./metadata-store-access-fixture.ts";
import {
  blobOf,
  digestFor,
  discardedBy,
  manifestOf,
  pushBlob,
  uploadOf,
  type CurrentStore,
} from "./metadata-store-fixture.ts";
import { cachedContentContract } from "./mirror-store-content.ts";
import { evictionContract } from "./mirror-store-eviction.ts";
import { cacheBlob, cacheImage, cacheManifest, holds, whenever } from "./mirror-store-fixture.ts";

const here = "docker.io/library/app";

export function mirrorStoreContract(store: CurrentStore): void {
  describe("the mirror", () => {
    cachedTagsContract(store);
    cachedContentContract(store);
    evictionContract(store);
    fillsContract(store);
    pinsContract(store);
    neighboursContract(store);
  });
}

function cachedTagsContract(store: CurrentStore): void {
  const tags = () => store().mirror.tags;

  describe("cached tags", () => {
    test("remember when they were confirmed, whatever else happens to them", async () => {
      const one = await cacheManifest(store(), here, "one", { tags: ["v1", "v2"], now: 10 });
      expect(await tags().confirm(here, "v1", one, 20)).toBe(true);
      expect(await tags().find(here, "v1")).toMatchObject({ checkedAt: 20, manifest: { digest: one } });
      expect(await tags().find(here, "v2")).toMatchObject({ checkedAt: 10 });
    });

    test("point where the upstream says, and are made where there is none", async () => {
      await cacheManifest(store(), here, "one", { tags: ["v1"] });
      const two = await cacheManifest(store(), here, "two");
      for (const tag of ["v1", "new"]) {
        expect(await tags().confirm(here, tag, two, 20)).toBe(true);
        expect(await tags().find(here, tag)).toMatchObject({ checkedAt: 20, manifest: { digest: two } });
        expect((await store().manifests.findByTag(here, tag))?.digest).toBe(two);
      }
    });

    test("are not confirmed for a manifest that is not held", async () => {
      const one = await cacheManifest(store(), here, "one", { tags: ["v1"] });
      expect(await tags().confirm(here, "v1", digestFor("two"), 20)).toBe(false);
      expect(await tags().confirm("nobody", "v1", one, 20)).toBe(false);
      expect(await tags().find(here, "v1")).toMatchObject({ checkedAt: 1000, manifest: { digest: one } });
      expect(await tags().find(here, "v9")).toBeUndefined();
      expect(await tags().find("nobody", "v1")).toBeUndefined();
    });

    test("are confirmed by nobody once they were pushed over", async () => {
      await cacheManifest(store(), here, "one", { tags: ["v1"] });
      await store().manifests.commit(manifestOf(here, "two", { tags: ["v1"] }));
      const found = await tags().find(here, "v1");
      expect(found).toEqual({
        checkedAt: undefined,
        manifest: await store().manifests.findByDigest(here, digestFor("two")),
      });
      await cacheManifest(store(), here, "three", { tags: ["v1"], now: 30 });
      expect(await tags().find(here, "v1")).toMatchObject({ checkedAt: 30 });
    });
  });
}

function fillsContract(store: CurrentStore): void {
  const fills = () => store().mirror.fills;
  const digest = digestFor("layer");
  const wanted = (holder: string, leaseUntil: number) => ({
    ...{ repository: here, digest, holder, leaseUntil },
    path: `/spool/${holder}`,
  });

  describe("fills", () => {
    test("are claimed by one, and told to the others", async () => {
      expect(await fills().claim(wanted("a", 100), 10)).toEqual({ outcome: "claimed", deadPath: undefined });
      const fill: FillRecord = { ...wanted("a", 100), offset: 0, size: undefined };
      expect(await fills().claim(wanted("b", 200), 99)).toEqual({ outcome: "held", fill });
      expect(await fills().find(here, digest)).toEqual(fill);
      expect(await fills().find("other", digest)).toBeUndefined();
      const elsewhere = { ...wanted("b", 200), repository: "other" };
      expect(await fills().claim(elsewhere, 10)).toMatchObject({ outcome: "claimed" });
    });

    test("of many that claim at once exactly one has it", async () => {
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, index) => fills().claim(wanted(`h${index}`, 100), 10)),
      );
      const winner = claims.findIndex(({ outcome }) => outcome === "claimed");
      expect(claims.filter(({ outcome }) => outcome === "claimed")).toHaveLength(1);
      expect((await fills().find(here, digest))?.holder).toBe(`h${winner}`);
    });

    test("tell how far they are, to their holder's word only", async () => {
      await fills().claim(wanted("a", 100), 10);
      const progress = { holder: "a", offset: 7, size: 20, leaseUntil: 150 };
      expect(await fills().save(here, digest, { ...progress, holder: "b" })).toBe(false);
      expect(await fills().save(here, digest, progress)).toBe(true);
      expect(await fills().find(here, digest)).toMatchObject(progress);
      expect(await fills().save("other", digest, progress)).toBe(false);
    });

    test("whose lease ran out are taken over: the file of the dead one is told, and it has no word any more", async () => {
      await fills().claim(wanted("a", 100), 10);
      await fills().save(here, digest, { holder: "a", offset: 7, size: 20, leaseUntil: 100 });
      expect(await fills().claim(wanted("b", 200), 100)).toEqual({
        outcome: "claimed",
        deadPath: "/spool/a",
      });
      expect(await fills().find(here, digest)).toEqual({ ...wanted("b", 200), offset: 0, size: undefined });
      const late = { holder: "a", offset: 9, size: 20, leaseUntil: 300 };
      expect(await fills().save(here, digest, late)).toBe(false);
      await fills().end(here, digest, "a");
      expect(await fills().find(here, digest)).toMatchObject({ holder: "b" });
      await fills().end(here, digest, "b");
      expect(await fills().find(here, digest)).toBeUndefined();
    });

    test("whose lease ran out, but that nobody took, go on", async () => {
      await fills().claim(wanted("a", 100), 10);
      expect(await fills().save(here, digest, { holder: "a", offset: 9, size: 20, leaseUntil: 300 })).toBe(
        true,
      );
    });

    test("the dead are taken away together, once", async () => {
      await fills().claim(wanted("a", 100), 10);
      await fills().claim({ ...wanted("b", 200), repository: "other" }, 10);
      expect(await fills().takeDead(99)).toEqual([]);
      expect(await fills().takeDead(100)).toEqual([{ ...wanted("a", 100), offset: 0, size: undefined }]);
      expect(await fills().takeDead(100)).toEqual([]);
      expect(await fills().find("other", digest)).toBeDefined();
    });

    test("tell what the living ones will bring, as far as it is known", async () => {
      expect(await fills().bytesUnderWay(10)).toBe(0);
      for (const [holder, until] of [
        ["a", 100],
        ["b", 200],
        ["c", 200],
      ] as const) {
        await fills().claim({ ...wanted(holder, until), repository: holder }, 10);
        if (holder === "c") continue;
        await fills().save(holder, digest, { holder, offset: 0, size: 20, leaseUntil: until });
      }
      expect(await fills().bytesUnderWay(10)).toBe(40);
      expect(await fills().bytesUnderWay(100)).toBe(20);
    });

    test("bring nothing more once the blob is kept there, whether they were ended by then or not", async () => {
      for (const repository of [here, "other"]) {
        await fills().claim({ ...wanted("a", 100), repository }, 10);
        const progress = { holder: "a", offset: 0, size: 20, leaseUntil: 100 };
        await fills().save(repository, digest, progress);
      }
      await cacheBlob(store(), here, blobOf("layer"));
      expect(await fills().bytesUnderWay(10)).toBe(20);
    });
  });
}

function pinsContract(store: CurrentStore): void {
  test("pins are kept until they are removed", async () => {
    const { pins } = store().mirror;
    await pins.add("quay.io/team/*:v1", 10);
    await pins.add("docker.io/library/*:*", 11);
    await pins.add("docker.io/library/*:*", 12);
    expect(await pins.list()).toEqual(["docker.io/library/*:*", "quay.io/team/*:v1"]);
    expect(await pins.remove("quay.io/team/*:v1")).toBe(true);
    expect(await pins.remove("quay.io/team/*:v1")).toBe(false);
    expect(await pins.list()).toEqual(["docker.io/library/*:*"]);
  });
}

function neighboursContract(store: CurrentStore): void {
  test("a name is local while a manifest is there, an upload is open, or a blob just came", async () => {
    const isLocal = (since = 500) => store().repositories.isLocal("team/app", since);
    expect(await isLocal()).toBe(false);
    await store().uploads.start(uploadOf("u1", "team/app"));
    expect(await isLocal()).toBe(true);
    await store().uploads.lease("team/app", "u1", { holder: "x", until: 100 }, 10);
    await store().uploads.end("u1", "x");
    expect(await isLocal()).toBe(false);
    await pushBlob(store(), "team/app", blobOf("layer"), 1000);
    expect(await isLocal(999)).toBe(true);
    expect(await isLocal(1000)).toBe(false);
    await store().manifests.commit(manifestOf("team/app", "image"));
    expect(await isLocal(5000)).toBe(true);
  });

  test("a project that ends takes the cached blobs of its repositories along, and their bytes", async () => {
    await store().access.projects.create(projectOf("docker.io"));
    await cacheBlob(store(), here, blobOf("loose"));
    await cacheBlob(store(), "docker.io/other", blobOf("shared"));
    await pushBlob(store(), "team/app", blobOf("shared", "pushed"));
    const digest = await cacheManifest(store(), here, "image");
    expect(await store().access.projects.delete("docker.io", "library")).toBe("not-empty");
    await store().mirror.eviction.evictManifest({ repository: here, digest }, whenever);
    expect(await store().access.projects.delete("docker.io", "library")).toBe("deleted");
    expect(await holds(store(), here, "loose")).toBe(false);
    expect(await holds(store(), "team/app", "shared")).toBe(true);
    expect(await discardedBy(store())).toContain(blobOf("loose").locator);
    expect(await store().mirror.eviction.usage()).toEqual({ bytes: 0, blobs: 0, manifests: 0 });
  });

  test("a move to another blob store keeps marks and running downloads, and lets go the copy of what was evicted", async () => {
    await cacheImage(store(), here, { name: "image", layers: ["stays"] });
    await cacheImage(store(), here, { name: "gone", layers: ["goes"] });
    for (const name of ["stays", "goes"]) {
      await store().blobCopies.add("target", digestFor(name), blobOf(name, "copy").locator);
    }
    const fill = {
      repository: here,
      digest: digestFor("new"),
      holder: "a",
      path: "/spool/a",
      leaseUntil: 50,
    };
    await store().mirror.fills.claim(fill, 10);
    await store().mirror.eviction.evictManifest({ repository: here, digest: digestFor("gone") }, whenever);
    const switched = await store().blobCopies.switchTo("target", { leaveUncopied: false, now: 9999 });
    expect(switched).toEqual({ outcome: "switched", blobs: 1, left: 0 });
    expect(await store().blobLinks.find(here, digestFor("stays"))).toEqual(blobOf("stays", "copy"));
    expect(await discardedBy(store())).toEqual([blobOf("goes", "copy").locator]);
    expect(await store().mirror.eviction.usage()).toEqual({ bytes: 5, blobs: 1, manifests: 1 });
    expect(await store().mirror.fills.takeDead(60)).toHaveLength(1);
  });
}
