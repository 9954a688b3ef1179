// The contract of cached content: how it comes, what marks it, and what the marks say.
import { describe, expect, test } from "vitest";
import type { Digest } from "../../storage/digest.ts";
import { projectOf } from "./metadata-store-access-fixture.ts";
import {
  all,
  blobOf,
  digestFor,
  discardedBy,
  listsAny,
  manifestOf,
  needsBlob,
  pushBlob,
  seesProjects,
  type CurrentStore,
} from "./metadata-store-fixture.ts";
import {
  cacheBlob,
  cachedDigests,
  cacheImage,
  cacheIndex,
  cacheManifest,
  candidates,
  everything,
  holds,
} from "./mirror-store-fixture.ts";

const [here, there] = ["docker.io/library/app", "quay.io/team/app"];

export function cachedContentContract(store: CurrentStore): void {
  const content = () => store().mirror.content;
  const eviction = () => store().mirror.eviction;
  const link = (repository: string, digest: Digest, from = all) =>
    content().linkBlob({ repository, digest, from, now: 5 });

  describe("cached content", () => {
    test("is a manifest whatever is absent of what it names, its tags confirmed", async () => {
      const digest = await cacheIndex(store(), here, {
        ...{ name: "index", tags: ["v1"] },
        children: [digestFor("amd64"), digestFor("arm64")],
      });
      expect((await store().manifests.findByTag(here, "v1"))?.digest).toBe(digest);
      expect(await store().mirror.tags.find(here, "v1")).toMatchObject({
        checkedAt: 1000,
        manifest: { digest },
      });
      expect(await store().repositories.exists(here)).toBe(true);
      expect(await candidates(store())).toEqual([{ repository: here, digest, pulledAt: 1000, tags: ["v1"] }]);
    });

    test("is a blob, whose offered bytes are discarded where there are sound ones", async () => {
      await cacheBlob(store(), here, blobOf("layer"));
      await cacheBlob(store(), there, blobOf("layer", "again"));
      expect(await store().blobLinks.find(there, digestFor("layer"))).toEqual(blobOf("layer"));
      expect(await discardedBy(store())).toEqual([blobOf("layer", "again").locator]);
    });

    test("heals a damaged blob", async () => {
      const [damaged, sound] = [blobOf("layer"), blobOf("layer", "sound")];
      await cacheBlob(store(), here, damaged);
      await store().blobLinks.markDamaged(damaged.digest, damaged.locator);
      expect(await eviction().usage()).toMatchObject({ blobs: 0, bytes: 0 });
      await cacheBlob(store(), here, sound);
      expect(await store().blobLinks.find(here, sound.digest)).toEqual(sound);
    });

    test("is a link to a blob that is held elsewhere, where a manifest names it", async () => {
      const digest = digestFor("layer");
      expect(await link(here, digest)).toBe(false);
      await cacheManifest(store(), here, "image", { references: [needsBlob(digest)] });
      expect(await link(here, digest)).toBe(false);
      await pushBlob(store(), "team/app", blobOf("layer"));
      await cacheManifest(store(), there, "other image");
      expect(await link(there, digest)).toBe(false);
      expect(await link(here, digest)).toBe(true);
      expect(await link(here, digest)).toBe(true);
      expect(await holds(store(), here, "layer")).toBe(true);
      expect(await holds(store(), there, "layer")).toBe(false);
    });

    test("a blob is linked from where it may be shared from, and from nowhere else", async () => {
      const digest = digestFor("layer");
      await store().access.projects.create(projectOf("team"));
      await store().access.projects.create(projectOf("docker.io", { public: true }));
      await pushBlob(store(), "team/app", blobOf("layer"));
      await cacheManifest(store(), here, "image", { references: [needsBlob(digest)] });
      expect(await link(here, digest, seesProjects("docker.io"))).toBe(false);
      expect(await link(here, digest, seesProjects("team"))).toBe(true);
      await cacheManifest(store(), there, "image", { references: [needsBlob(digest)] });
      expect(await link(there, digest, seesProjects("quay.io"))).toBe(true);
    });

    test("a blob that no repository links any more is not linked", async () => {
      const digest = digestFor("layer");
      await pushBlob(store(), "team/app", blobOf("layer"));
      await store().blobLinks.unlink("team/app", digest, 5000);
      await cacheManifest(store(), here, "image", { references: [needsBlob(digest)] });
      expect(await link(here, digest)).toBe(false);
    });

    test("a damaged blob is not linked", async () => {
      const layer = blobOf("layer");
      await cacheManifest(store(), here, "image", { references: [needsBlob(layer.digest)] });
      await pushBlob(store(), "team/app", layer);
      await store().blobLinks.markDamaged(layer.digest, layer.locator);
      expect(await link(here, layer.digest)).toBe(false);
    });
  });

  describe("pulls", () => {
    test("move content to the end of the order, and never back", async () => {
      const first = await cacheManifest(store(), here, "first", { now: 10 });
      const second = await cacheManifest(store(), there, "second", { now: 20 });
      expect(await cachedDigests(store())).toEqual([first, second]);
      await content().touch([{ repository: here, digest: first }], 30);
      await content().touch([{ repository: there, digest: second }], 15);
      expect((await candidates(store())).map(({ digest, pulledAt }) => ({ digest, pulledAt }))).toEqual([
        { digest: second, pulledAt: 20 },
        { digest: first, pulledAt: 30 },
      ]);
    });

    test("of hundreds of manifests and blobs of several repositories are noted together", async () => {
      const names = Array.from({ length: 250 }, (_, index) => `image ${index}`);
      const pulled = [];
      for (const [index, name] of names.entries()) {
        const repository = index % 2 === 0 ? here : there;
        pulled.push({ repository, digest: await cacheManifest(store(), repository, name, { now: 10 }) });
      }
      await content().touch([...pulled, { repository: "nobody", digest: digestFor("nothing") }], 99);
      const listed = await candidates(store());
      expect(listed).toHaveLength(250);
      expect(new Set(listed.map(({ pulledAt }) => pulledAt))).toEqual(new Set([99]));
    });

    test("of what was pushed are not noted", async () => {
      const { digest } = manifestOf("team/app", "image");
      await store().manifests.commit(manifestOf("team/app", "image"));
      await pushBlob(store(), "team/app", blobOf("layer"));
      await content().touch(
        [digest, digestFor("layer")].map((of) => ({ repository: "team/app", digest: of })),
        5,
      );
      expect(await candidates(store())).toEqual([]);
      expect(await eviction().usage()).toEqual({ bytes: 0, blobs: 0, manifests: 0 });
    });

    test("are listed by pages, without those since `before`", async () => {
      for (const now of [10, 20, 30, 40]) await cacheManifest(store(), here, `image ${now}`, { now });
      const at = async (options: { limit: number; offset: number; before: number }) =>
        (await eviction().listByPull(options)).map(({ pulledAt }) => pulledAt);
      expect(await at({ ...everything, limit: 2 })).toEqual([10, 20]);
      expect(await at({ ...everything, limit: 2, offset: 2 })).toEqual([30, 40]);
      expect(await at({ ...everything, before: 30 })).toEqual([10, 20]);
    });

    test("tell the tags of all that needs a manifest: indexes of indexes, and the image that it refers to", async () => {
      const child = await cacheImage(store(), here, { name: "child", layers: [], tags: ["child"] });
      const index = await cacheIndex(store(), here, { name: "index", children: [child], tags: ["v1", "v2"] });
      await cacheIndex(store(), here, { name: "outer", children: [index], tags: ["all"] });
      await cacheIndex(store(), there, { name: "elsewhere", children: [child], tags: ["not this"] });
      const signature = await cacheManifest(store(), here, "signature", { subject: child });
      const tagsOf = async (digest: string) =>
        (await candidates(store())).find((manifest) => manifest.digest === digest)?.tags;
      expect(await tagsOf(child)).toEqual(["all", "child", "v1", "v2"]);
      expect(await tagsOf(index)).toEqual(["all", "v1", "v2"]);
      expect(await tagsOf(signature)).toEqual(["all", "child", "v1", "v2"]);
    });

    test("manifests that refer to each other in a circle have their tags too", async () => {
      const [one, other] = [digestFor("one"), digestFor("other")];
      await cacheIndex(store(), here, { name: "one", children: [other], tags: ["a"] });
      await cacheIndex(store(), here, { name: "other", children: [one], tags: ["b"] });
      expect((await candidates(store())).map(({ tags }) => tags)).toEqual([
        ["a", "b"],
        ["a", "b"],
      ]);
    });
  });

  describe("the mark of cached content", () => {
    test("goes with a push of the manifest, and with it that of all it names", async () => {
      const child = await cacheImage(store(), here, { name: "child", layers: ["layer", "config"] });
      const references = [listsAny(child)];
      await cacheManifest(store(), here, "index", { references, tags: ["v1"] });
      await cacheImage(store(), here, { name: "neighbour", layers: ["own", "layer"] });
      const pushed = await store().manifests.commit(manifestOf(here, "index", { references, tags: ["v1"] }));
      expect(pushed.outcome).toBe("committed");
      expect(await cachedDigests(store())).toEqual([digestFor("neighbour")]);
      expect(await eviction().usage()).toEqual({ manifests: 1, blobs: 1, bytes: "own".length });
      expect(await store().mirror.tags.find(here, "v1")).toMatchObject({ checkedAt: undefined });
    });

    test("goes with a push of the blob, and with a mount", async () => {
      for (const name of ["pushed", "mounted", "cached"]) await cacheBlob(store(), here, blobOf(name));
      await pushBlob(store(), here, blobOf("pushed", "again"));
      const mounted = { repository: here, digest: digestFor("mounted"), from: here, visibility: all, now: 5 };
      expect(await store().blobLinks.mount(mounted)).toBe(true);
      expect(await eviction().usage()).toMatchObject({ blobs: 1, bytes: "cached".length });
    });

    test("does not come to what was pushed before", async () => {
      const references = [needsBlob(digestFor("layer"))];
      await pushBlob(store(), here, blobOf("layer"));
      await store().manifests.commit(manifestOf(here, "image", { references, tags: ["v1"] }));
      await cacheManifest(store(), here, "image", { references, tags: ["v2"] });
      await cacheBlob(store(), here, blobOf("layer", "again"));
      expect(await link(here, digestFor("layer"))).toBe(true);
      expect(await eviction().usage()).toEqual({ bytes: 0, blobs: 0, manifests: 0 });
      expect(await candidates(store())).toEqual([]);
    });

    test("in one repository says nothing of another", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["layer"] });
      const elsewhere = { repository: "team/app", digest: digestFor("layer"), visibility: all, now: 5 };
      expect(await store().blobLinks.mount(elsewhere)).toBe(true);
      await store().manifests.commit(
        manifestOf("team/app", "image", { references: [needsBlob(digestFor("layer"))] }),
      );
      expect(await cachedDigests(store())).toEqual([digestFor("image")]);
      expect(await eviction().usage()).toEqual({ manifests: 1, blobs: 0, bytes: 0 });
    });
  });

  describe("usage", () => {
    test("counts each blob once, and none that was pushed", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["shared", "mine"] });
      await cacheImage(store(), there, { name: "image", layers: ["shared", "and yours"] });
      await cacheImage(store(), "docker.io/library/other", { name: "third", layers: ["pushed too"] });
      await pushBlob(store(), "team/app", blobOf("pushed too", "elsewhere"));
      await pushBlob(store(), "team/app", blobOf("pushed only"));
      const bytes = "shared".length + "mine".length + "and yours".length;
      expect(await eviction().usage()).toEqual({ manifests: 3, blobs: 3, bytes });
    });

    test("by upstream counts what upstreams share for each of them", async () => {
      await cacheImage(store(), here, { name: "image", layers: ["shared", "mine"], tags: ["v1"] }, 50);
      await cacheImage(store(), "docker.io/library/other", { name: "image", layers: ["shared"] }, 70);
      await cacheImage(store(), there, { name: "image", layers: ["shared", "and yours"] }, 60);
      await pushBlob(store(), "team/app", blobOf("pushed only"));
      await store().manifests.commit(manifestOf("team/app", "image"));
      expect(await content().usageByUpstream()).toEqual([
        { upstream: "docker.io", bytes: 10, blobs: 2, manifests: 2, repositories: 2, lastPulledAt: 70 },
        { upstream: "quay.io", bytes: 15, blobs: 2, manifests: 1, repositories: 1, lastPulledAt: 60 },
      ]);
    });
  });

  describe("listings of what is cached", () => {
    test("a repository's manifests by digest, with the tags that lead there and the last time its own were confirmed", async () => {
      const child = await cacheManifest(store(), here, "child", { now: 10 });
      const index = await cacheIndex(
        store(),
        here,
        { name: "index", children: [child], tags: ["b", "a"] },
        20,
      );
      await store().mirror.tags.confirm(here, "a", index, 90);
      await store().manifests.commit(manifestOf(here, "pushed", { tags: ["own"] }));
      const expected = [
        { repository: here, digest: child, pulledAt: 10, tags: ["a", "b"], checkedAt: undefined, size: 5 },
        { repository: here, digest: index, pulledAt: 20, tags: ["a", "b"], checkedAt: 90, size: 5 },
      ].sort((a, b) => (a.digest < b.digest ? -1 : 1));
      expect(await content().listManifests(here, { limit: 10 })).toEqual({ entries: expected, more: false });
      const first = await content().listManifests(here, { limit: 1 });
      expect(first).toEqual({ entries: expected.slice(0, 1), more: true });
      const rest = await content().listManifests(here, { limit: 1, after: expected[0]!.digest });
      expect(rest).toEqual({ entries: expected.slice(1), more: false });
    });

    test("repositories with a cached manifest by name, of one upstream where that is wanted", async () => {
      for (const name of [there, here, "docker.io/library/busybox"])
        await cacheManifest(store(), name, "image");
      await store().manifests.commit(manifestOf("docker.io/own", "image"));
      const names = ["docker.io/library/app", "docker.io/library/busybox", "quay.io/team/app"];
      expect(await content().listRepositories({ limit: 10 })).toEqual({ entries: names, more: false });
      expect(await content().listRepositories({ limit: 1, after: here })).toEqual({
        entries: [names[1]],
        more: true,
      });
      expect((await content().listRepositories({ limit: 10, upstream: "quay.io" })).entries).toEqual([there]);
    });
  });
}
