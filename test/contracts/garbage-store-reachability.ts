// The contract of reachability: what a tag, an index or a subject needs stays, and all of it goes one grace after it
// was deleted, not a grace for each level (REQ-4, REQ-7).
import { describe, expect, test } from "vitest";
import { collect, grace, heldOf, planOf, push, start } from "./garbage-store-fixture.ts";
import { digestFor, listsAny, manifestOf, tagsOf, type CurrentStore } from "./metadata-store-fixture.ts";

const here = "team/app";
const later = 50_000;

/** Pushes something under the tag v1; gives the names of all that it consists of. */
type Push = (store: CurrentStore) => Promise<string[]>;

const shapes: [what: string, push: Push][] = [
  [
    "an image",
    async (store) => {
      await push(store(), here, "image", { layers: ["config", "layer"], tags: ["v1"] });
      return ["image", "config", "layer"];
    },
  ],
  [
    "an index of an index",
    async (store) => {
      await push(store(), here, "arm", { layers: ["arm layer", "shared"] });
      await push(store(), here, "amd", { layers: ["amd layer", "shared"] });
      await push(store(), here, "inner", { children: ["arm", "amd"] });
      await push(store(), here, "outer", { children: ["inner", "amd"], tags: ["v1"] });
      return ["outer", "inner", "arm", "amd", "arm layer", "amd layer", "shared"];
    },
  ],
  [
    "an index with attestations among its children",
    async (store) => {
      await push(store(), here, "amd", { layers: ["layer"] });
      await push(store(), here, "attestation", { layers: ["provenance"], subject: "amd" });
      await push(store(), here, "index", { children: ["amd", "attestation"], tags: ["v1"] });
      return ["index", "amd", "attestation", "layer", "provenance"];
    },
  ],
  [
    "an image with a signature, and a signature of that",
    async (store) => {
      await push(store(), here, "image", { layers: ["layer"], tags: ["v1"] });
      await push(store(), here, "signature", { layers: ["signed"], subject: "image" });
      await push(store(), here, "countersignature", { layers: ["signed again"], subject: "signature" });
      return ["image", "layer", "signature", "signed", "countersignature", "signed again"];
    },
  ],
  [
    "a build cache of blobs in an index (mode=max)",
    async (store) => {
      await push(store(), here, "elsewhere", { layers: ["step 1", "step 2", "cache config"] });
      await push(store(), here, "cache", { children: ["step 1", "step 2", "cache config"], tags: ["v1"] });
      await store().manifests.delete(here, digestFor("elsewhere"), start);
      return ["cache", "step 1", "step 2", "cache config"];
    },
  ],
];

export function reachabilityContract(store: CurrentStore): void {
  const deleteTag = (tag: string, now: number) => store().tags.delete(here, tag, now);

  describe.each(shapes)("%s", (_what, pushShape) => {
    test("stays while it is tagged, also when all of it is released", async () => {
      const contents = await pushShape(store);
      await store().garbage.release(here, contents.map(digestFor), start);
      expect(await collect(store(), later)).toMatchObject({ manifests: 0, links: 0 });
      expect(await heldOf(store(), here, contents)).toEqual(contents);
    });

    test("goes wholly one grace after its tag was deleted, and nothing of it before", async () => {
      const contents = await pushShape(store);
      await collect(store(), later);
      await deleteTag("v1", later);
      expect(await tagsOf(store(), here)).toEqual([]);
      expect(await collect(store(), later + grace - 1)).toMatchObject({ manifests: 0, links: 0 });
      expect(await heldOf(store(), here, contents)).toEqual(contents);
      const planned = await planOf(store(), later + grace);
      const done = await collect(store(), later + grace);
      expect(await heldOf(store(), here, contents)).toEqual([]);
      expect(await store().repositories.exists(here)).toBe(false);
      expect(done.manifests + done.blobs).toBe(contents.length);
      expect(planned.manifests.length + planned.blobs.length).toBe(contents.length);
      expect(await store().usage.ofRepository(here)).toEqual({ blobBytes: 0, manifestBytes: 0 });
    });

    test("is brought back for a whole grace by a tag", async () => {
      const contents = await pushShape(store);
      const named = await store().manifests.findByTag(here, "v1");
      await deleteTag("v1", later);
      expect(await store().mirror.tags.confirm(here, "v1", named!.digest, later + grace - 1)).toBe(true);
      await collect(store(), later + 10 * grace);
      expect(await heldOf(store(), here, contents)).toEqual(contents);
    });
  });

  describe("of what indexes share", () => {
    const indexes = ["one", "other"];

    async function pushTwo(): Promise<void> {
      await push(store(), here, "child", { layers: ["layer"], tags: ["child"] });
      for (const index of indexes) await push(store(), here, index, { children: ["child"], tags: [index] });
    }

    test("a child of two indexes goes with the second of them", async () => {
      await pushTwo();
      await deleteTag("child", start);
      await deleteTag("one", start);
      await collect(store(), later);
      expect(await heldOf(store(), here, ["one", "other", "child", "layer"])).toEqual([
        "other",
        "child",
        "layer",
      ]);
      await deleteTag("other", later);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["other", "child", "layer"])).toEqual([]);
    });

    test("a child that is tagged itself stays when its indexes go", async () => {
      await pushTwo();
      for (const index of indexes) await deleteTag(index, start);
      await collect(store(), later);
      expect(await heldOf(store(), here, ["one", "other", "child", "layer"])).toEqual(["child", "layer"]);
      await deleteTag("child", later);
      await collect(store(), later + grace);
      expect(await store().repositories.exists(here)).toBe(false);
    });

    test("a tagged child stays when its index is deleted by digest, and goes with its tag", async () => {
      await pushTwo();
      for (const index of indexes) await store().manifests.delete(here, digestFor(index), start);
      await collect(store(), later);
      expect(await heldOf(store(), here, ["child", "layer"])).toEqual(["child", "layer"]);
      await deleteTag("child", later);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["child", "layer"])).toEqual([]);
    });

    test("a child of an index that is deleted by digest goes a grace later", async () => {
      await push(store(), here, "child", { layers: ["layer"] });
      await push(store(), here, "index", { children: ["child"] });
      await store().manifests.delete(here, digestFor("index"), later);
      expect(await heldOf(store(), here, ["index", "child", "layer"])).toEqual(["child", "layer"]);
      await collect(store(), later + grace - 1);
      expect(await heldOf(store(), here, ["child", "layer"])).toEqual(["child", "layer"]);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["child", "layer"])).toEqual([]);
    });
  });

  describe("of roots", () => {
    test("an image that was pushed by digest stays", async () => {
      await push(store(), here, "image", { layers: ["layer"] });
      await collect(store(), later);
      expect(await heldOf(store(), here, ["image", "layer"])).toEqual(["image", "layer"]);
    });

    test("an image whose last tag is deleted goes, though another was moved away from it before", async () => {
      await push(store(), here, "old", { layers: ["layer"], tags: ["v1", "v2"] });
      await push(store(), here, "new", { tags: ["v2"] });
      await deleteTag("v1", start);
      await push(store(), here, "newer", { tags: ["v1"] });
      await collect(store(), later);
      expect(await heldOf(store(), here, ["old"])).toEqual([]);
    });

    test("an image stays that lost its last tag to another image, until somebody releases it", async () => {
      await push(store(), here, "overwritten", { layers: ["layer"], tags: ["v3"], now: later });
      await push(store(), here, "newest", { tags: ["v3"], now: later });
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["overwritten", "layer"])).toEqual(["overwritten", "layer"]);
      const asked = ["overwritten", "newest", "nothing"].map(digestFor);
      expect(await store().garbage.release(here, asked, later)).toEqual([digestFor("overwritten")]);
      expect(await store().garbage.release("nobody", asked, later)).toEqual([]);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["overwritten", "layer", "newest"])).toEqual(["newest"]);
    });

    test("deleting one tag leaves its siblings, and pulls by digest", async () => {
      await push(store(), here, "image", { layers: ["layer"], tags: ["v1", "latest"] });
      await deleteTag("v1", start);
      await collect(store(), later);
      expect(await tagsOf(store(), here)).toEqual(["latest"]);
      expect(await heldOf(store(), here, ["image", "layer"])).toEqual(["image", "layer"]);
    });

    test("a referrer whose subject never came stays; one whose subject went goes, unless it is tagged", async () => {
      await push(store(), here, "image", { tags: ["v1"] });
      await push(store(), here, "waiting", { subject: "never" });
      await push(store(), here, "signature", { subject: "image" });
      await push(store(), here, "kept", { subject: "image", tags: ["kept"] });
      await store().manifests.delete(here, digestFor("image"), later);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["waiting", "signature", "kept"])).toEqual(["waiting", "kept"]);
    });

    test("an image that is pushed again after its tag was deleted stays", async () => {
      await push(store(), here, "image", { layers: ["layer"], tags: ["v1"] });
      await deleteTag("v1", start);
      await push(store(), here, "image", { layers: ["layer"], now: start + grace });
      await collect(store(), later);
      expect(await heldOf(store(), here, ["image", "layer"])).toEqual(["image", "layer"]);
    });

    test("a tag of a child can be brought back for a grace, whenever its index was released", async () => {
      await push(store(), here, "child", { layers: ["layer"], tags: ["child"] });
      await push(store(), here, "index", { children: ["child"], tags: ["v1"] });
      await deleteTag("v1", later);
      await deleteTag("child", later + grace - 1);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["index", "child", "layer"])).toEqual(["child", "layer"]);
      await collect(store(), later + 2 * grace - 1);
      expect(await heldOf(store(), here, ["child", "layer"])).toEqual([]);
    });
  });

  describe("while what needs it is about to be collected", () => {
    const pushChild = (tags: string[], now = start) =>
      push(store(), here, "child", { layers: ["layer"], tags, now });
    /** What was done with the child before its index was released, and what is done a grace after that. */
    const uses: [what: string, before: () => Promise<unknown>, then: () => Promise<unknown>][] = [
      ["that is pushed again", () => pushChild([]), () => pushChild([], later)],
      [
        "whose tag moves to another",
        () => pushChild(["child"]),
        () => push(store(), here, "other", { tags: ["child"], now: later }),
      ],
      [
        "of another index that is deleted",
        () => pushChild([]).then(() => push(store(), here, "other index", { children: ["child"] })),
        () => store().manifests.delete(here, digestFor("other index"), later),
      ],
    ];

    test.each(uses)(
      "a child %s stays for a grace from then on, and goes then",
      async (_what, before, then) => {
        await before();
        await push(store(), here, "index", { children: ["child"], tags: ["v1"] });
        await deleteTag("v1", start);
        await then();
        await collect(store(), later + grace - 1);
        expect(await heldOf(store(), here, ["index", "child", "layer"])).toEqual(["child", "layer"]);
        await collect(store(), later + grace);
        expect(await heldOf(store(), here, ["child", "layer"])).toEqual([]);
      },
    );

    test("a referrer that is pushed stays for a grace from then on, and goes then", async () => {
      await push(store(), here, "image", { tags: ["v1"] });
      await deleteTag("v1", start);
      await push(store(), here, "signature", { layers: ["layer"], subject: "image", now: later });
      await collect(store(), later + grace - 1);
      expect(await heldOf(store(), here, ["image", "signature", "layer"])).toEqual(["signature", "layer"]);
      await collect(store(), later + grace);
      expect(await heldOf(store(), here, ["signature", "layer"])).toEqual([]);
    });
  });

  test("a manifest that an index names while it is about to be collected stays", async () => {
    await push(store(), here, "child", { layers: ["layer"], tags: ["v1"] });
    await deleteTag("v1", start);
    const index = manifestOf(here, "index", { references: [listsAny(digestFor("child"))], now: later });
    expect((await store().manifests.commit(index)).outcome).toBe("committed");
    await collect(store(), later);
    expect(await heldOf(store(), here, ["child", "layer"])).toEqual(["child", "layer"]);
  });

  test("what is cached is never released, nor is what was pushed by an eviction", async () => {
    const { content, eviction } = store().mirror;
    await push(store(), here, "pushed", { layers: ["own"] });
    const cached = manifestOf(here, "cached", { references: [listsAny(digestFor("pushed"))], tags: ["v1"] });
    await content.commitManifest(cached);
    expect(await store().garbage.release(here, [cached.digest], start)).toEqual([]);
    await deleteTag("v1", start);
    await collect(store(), later);
    expect(await heldOf(store(), here, ["cached"])).toEqual(["cached"]);
    const times = { unlessPulledSince: later, now: later, dueAt: later };
    expect(await eviction.evictManifest({ repository: here, digest: cached.digest }, times)).toBe(0);
    await collect(store(), later + grace);
    expect(await heldOf(store(), here, ["cached", "pushed", "own"])).toEqual(["pushed", "own"]);
  });
}
