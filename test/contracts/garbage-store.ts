// Holds an implementation to the sentences of GarbageStore, and of the leases and usage that go with it.
import { describe, expect, test } from "vitest";
import { collect, grace, planOf, push, start } from "./garbage-store-fixture.ts";
import { linksContract } from "./garbage-store-links.ts";
import { reachabilityContract } from "./garbage-store-reachability.ts";
import { untaggedContract } from "./garbage-store-untagged.ts";
import { all, blobOf, digestFor, manifestOf, pushBlob, type CurrentStore } from "./metadata-store-fixture.ts";
import { cacheImage } from "./mirror-store-fixture.ts";

const here = "team/app";
const there = "team/tools";
const due = start + grace;

export function garbageStoreContract(store: CurrentStore): void {
  reachabilityContract(store);
  untaggedContract(store);
  linksContract(store);
  stepsContract(store);
  previewContract(store);
  leasesContract(store);
  usageContract(store);
}

function stepsContract(store: CurrentStore): void {
  describe("a step of the collection", () => {
    test("looks at no more than its limit, the oldest first, and says whether more is due", async () => {
      const names = ["c", "a", "b", "d"];
      for (const name of names) await push(store(), here, name, { tags: [name], now: start });
      for (const [index, name] of names.entries()) await store().tags.delete(here, name, start + index);
      const step = { before: start + 2, limit: 2 };
      const first = await store().garbage.collectManifests(step);
      expect(first).toMatchObject({ looked: 2, more: true });
      expect(first.collected).toEqual(
        ["c", "a"].map((name) => ({ repository: here, digest: digestFor(name) })),
      );
      expect(await store().garbage.collectManifests(step)).toMatchObject({ looked: 1, more: false });
      expect(await store().garbage.collectManifests(step)).toEqual({ looked: 0, collected: [], more: false });
    });

    test("stops before a second manifest once one was about many rows", async () => {
      const layers = Array.from({ length: 150 }, (_, n) => `layer ${n}`);
      await push(store(), here, "large", { layers, tags: ["v1"] });
      await push(store(), here, "second", { tags: ["v2"] });
      await store().tags.delete(here, "v1", start);
      await store().tags.delete(here, "v2", start + 1);
      const step = { before: start + 1, limit: 100 };
      expect(await store().garbage.collectManifests(step)).toMatchObject({ looked: 1, more: true });
      const links = { ...step, now: due, dueAt: due };
      expect(await store().garbage.collectLinks(links)).toMatchObject({
        looked: 100,
        links: 100,
        more: true,
      });
      expect(await store().garbage.collectLinks(links)).toMatchObject({ looked: 50, links: 50, more: false });
    });

    test("looks at what is needed once, and not again", async () => {
      await push(store(), here, "image", { layers: ["layer"], tags: ["v1"] });
      const links = { before: due, limit: 100, now: due, dueAt: due };
      expect(await store().garbage.collectLinks(links)).toMatchObject({ looked: 1, links: 0, more: false });
      expect(await store().garbage.collectLinks(links)).toMatchObject({ looked: 0 });
    });
  });

  describe("looking again", () => {
    const relook = async (limit: number) => {
      let [steps, hinted] = [0, 0];
      for (let after: string | undefined, more = true; more;) {
        const done = await store().garbage.relook({ after, limit, now: due, dueAt: due });
        expect(done.looked).toBeLessThanOrEqual(limit);
        [steps, hinted, after, more] = [steps + 1, hinted + done.hinted, done.next, done.next !== undefined];
      }
      return { steps, hinted };
    };

    test("sets hints right that come from a clock that was ahead", async () => {
      await push(store(), here, "image", { layers: ["layer"], tags: ["v1"], now: 100 * due });
      await store().tags.delete(here, "v1", 100 * due);
      await pushBlob(store(), here, blobOf("loose"), 100 * due);
      await relook(10);
      expect(await collect(store(), due + grace)).toMatchObject({ manifests: 1, links: 2 });
    });

    test("finds nothing where every hint is there, in steps of the size that is asked for", async () => {
      await push(store(), here, "image", { layers: ["a", "b", "c"] });
      await pushBlob(store(), here, blobOf("loose"));
      await cacheImage(store(), "docker.io/app", { name: "cached", layers: ["d"] });
      expect(await relook(2)).toEqual({ steps: 6, hinted: 0 });
      expect(await relook(100)).toEqual({ steps: 2, hinted: 0 });
      await collect(store(), due);
      expect(await relook(100)).toEqual({ steps: 2, hinted: 0 });
    });
  });
}

function previewContract(store: CurrentStore): void {
  describe("a plan", () => {
    test("is what a collection removes then, over repositories, and changes nothing", async () => {
      await push(store(), here, "image", { layers: ["shared", "own"], tags: ["v1"] });
      await push(store(), there, "tool", { layers: ["shared"], tags: ["v1"] });
      await pushBlob(store(), there, blobOf("loose"), start);
      await store().tags.delete(here, "v1", start);
      const planned = await planOf(store(), due);
      expect(planned.manifests).toEqual([{ repository: here, digest: digestFor("image") }]);
      const links = [
        { repository: here, digest: digestFor("own") },
        { repository: here, digest: digestFor("shared") },
        { repository: there, digest: digestFor("loose") },
      ];
      expect(planned.links).toHaveLength(links.length);
      expect(planned.links).toEqual(expect.arrayContaining(links));
      expect(new Set(planned.blobs)).toEqual(
        new Set(["own", "loose"].map((name) => ({ digest: digestFor(name), size: name.length }))),
      );
      expect(await planOf(store(), due)).toEqual(planned);
      expect(await planOf(store(), due - 1)).toEqual({ manifests: [], links: [], blobs: [] });
      expect(await collect(store(), due)).toEqual({
        manifests: 1,
        links: 3,
        blobs: 2,
        bytes: "own".length + "loose".length,
      });
      expect(await planOf(store(), due)).toEqual({ manifests: [], links: [], blobs: [] });
    });
  });

  describe("what is pending", () => {
    const pending = (limit = 1000) => store().garbage.pending({ graceMilliseconds: grace, limit });

    test("counts all that a deleted tag will free, at once, and when", async () => {
      await push(store(), here, "image", { layers: ["layer"] });
      await push(store(), here, "index", { children: ["image"], tags: ["v1", "v2"] });
      const nothing = { bytes: 0, earliestAt: undefined, complete: true };
      expect(await pending()).toEqual(nothing);
      await store().tags.delete(here, "v1", due);
      expect(await pending()).toEqual(nothing);
      await store().tags.delete(here, "v2", due);
      expect(await pending()).toEqual({ bytes: "layer".length, earliestAt: due + grace, complete: true });
      await collect(store(), due + grace);
      expect(await pending()).toEqual(nothing);
    });

    test("counts a blob once, when its last link may go, and none that somebody has", async () => {
      await pushBlob(store(), here, blobOf("layer"), start);
      const mount = { digest: digestFor("layer"), from: here, visibility: all };
      await store().blobLinks.mount({ ...mount, repository: there, now: due });
      await push(store(), "team/third", "image", { layers: ["kept"] });
      await pushBlob(store(), here, blobOf("kept", "again"), start);
      expect(await pending()).toEqual({ bytes: "layer".length, earliestAt: due + grace, complete: true });
    });

    test("looks at no more hints than it may", async () => {
      for (let n = 0; n < 120; n++) await pushBlob(store(), here, blobOf(`layer ${n}`), start);
      const some = await pending(50);
      expect(some.complete).toBe(false);
      expect(some.bytes).toBeGreaterThan(0);
      expect((await pending()).bytes).toBeGreaterThan(some.bytes);
    });
  });
}

function leasesContract(store: CurrentStore): void {
  describe("leases of objects", () => {
    const [one, other] = [blobOf("one").locator, blobOf("other").locator];
    const listed = (now: number) => store().discardedObjects.list(now, 10);

    test("keep what they name out of the delete queue until they are given back", async () => {
      await store().discardedObjects.add([one, other], 10, 10);
      await store().objectLeases.take([one, one], "reader", 200, 20);
      await store().objectLeases.take([one], "second", 200, 20);
      expect(await listed(30)).toEqual([other]);
      await store().objectLeases.release([one], "reader");
      expect(await listed(30)).toEqual([other]);
      await store().objectLeases.release([one], "second");
      await store().objectLeases.release([one], "nobody");
      expect(await listed(30)).toEqual([one, other].sort());
    });

    test("are renewed, and over when they ran out", async () => {
      await store().discardedObjects.add([one], 10, 10);
      await store().objectLeases.take([one], "reader", 100, 20);
      await store().objectLeases.take([one], "reader", 200, 90);
      expect(await listed(199)).toEqual([]);
      expect(await listed(200)).toEqual([one]);
      await store().objectLeases.take([other], "somebody else", 400, 300);
      expect(await listed(150)).toEqual([one]);
    });
  });
}

function usageContract(store: CurrentStore): void {
  describe("usage", () => {
    const of = (repository: string) => store().usage.ofRepository(repository);
    const ofProject = (project: string) => store().usage.ofProject(project);

    test("counts a blob once a repository, and once a project", async () => {
      await push(store(), here, "image", { layers: ["shared", "own"] });
      await push(store(), there, "tool", { layers: ["shared"] });
      await push(store(), "single", "alone", { layers: ["shared"] });
      expect(await of(here)).toEqual({ blobBytes: "sharedown".length, manifestBytes: "image".length });
      expect(await of(there)).toEqual({ blobBytes: "shared".length, manifestBytes: "tool".length });
      expect(await ofProject("team")).toEqual({
        blobBytes: "sharedown".length,
        manifestBytes: "imagetool".length,
      });
      expect(await ofProject("")).toEqual({ blobBytes: "shared".length, manifestBytes: "alone".length });
      await store().manifests.delete(there, digestFor("tool"), start);
      await store().blobLinks.unlink(there, digestFor("shared"), start);
      expect(await of(there)).toEqual({ blobBytes: 0, manifestBytes: 0 });
      expect(await ofProject("team")).toEqual({
        blobBytes: "sharedown".length,
        manifestBytes: "image".length,
      });
    });

    test("is nothing for what nobody has, and does not change when the same comes again", async () => {
      expect(await of(here)).toEqual({ blobBytes: 0, manifestBytes: 0 });
      expect(await ofProject("team")).toEqual({ blobBytes: 0, manifestBytes: 0 });
      for (const suffix of ["first", "again"]) await pushBlob(store(), here, blobOf("layer", suffix));
      for (let n = 0; n < 2; n++) await store().manifests.commit(manifestOf(here, "image"));
      expect(await of(here)).toEqual({ blobBytes: "layer".length, manifestBytes: "image".length });
    });

    test("follows a blob whose bytes come back in another length", async () => {
      const blob = blobOf("layer");
      await pushBlob(store(), here, blob);
      await store().blobLinks.markDamaged(blob.digest, blob.locator);
      await pushBlob(store(), there, { ...blobOf("layer", "healed"), size: 50 });
      expect(await of(here)).toMatchObject({ blobBytes: 50 });
      expect(await ofProject("team")).toMatchObject({ blobBytes: 50 });
    });
  });
}
