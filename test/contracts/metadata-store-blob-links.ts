// The contract of blobs and their links: who sees a blob, which bytes a digest keeps, what becomes of the others.
import { describe, expect, test } from "vitest";
import type { Visibility } from "../../storage/metadata/access-store.ts";
import { projectOf } from "./metadata-store-access-fixture.ts";
import {
  all,
  blobOf,
  digestFor,
  discardedBy,
  manifestOf,
  needsBlob,
  pushBlob,
  seesProjects,
  seesRepositories,
  uploadOf,
  type CurrentStore,
} from "./metadata-store-fixture.ts";

const layer = blobOf("layer");

export function blobLinksContract(store: CurrentStore): void {
  describe("committing a blob", () => {
    test("ends the session and makes the blob exist in that repository and no other", async () => {
      await store().uploads.start(uploadOf("u1", "a"));
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 4);
      const commit = { uploadId: "u1", holder: "x", repository: "a", blob: layer, now: 5 };
      expect(await store().blobLinks.commit(commit)).toBe(true);
      expect(await store().blobLinks.find("a", layer.digest)).toEqual(layer);
      expect(await store().blobLinks.find("b", layer.digest)).toBeUndefined();
      expect(await store().blobLinks.locate(layer.digest)).toEqual(layer);
      expect(await store().uploads.find("a", "u1", 5)).toBeUndefined();
      expect(await discardedBy(store())).toEqual([]);
    });

    test("that came whole makes it exist without any session", async () => {
      expect(await store().blobLinks.commitWhole({ repository: "a", blob: layer, now: 5 })).toBe(true);
      expect(await store().blobLinks.find("a", layer.digest)).toEqual(layer);
      expect(await store().blobLinks.find("b", layer.digest)).toBeUndefined();
      expect(await discardedBy(store())).toEqual([]);
    });

    test("of a digest with sound bytes keeps those and discards the offered ones at once", async () => {
      const again = blobOf("layer", "again");
      await pushBlob(store(), "a", layer);
      expect(await pushBlob(store(), "b", again, 2000)).toBe(true);
      expect(await store().blobLinks.find("a", layer.digest)).toEqual(layer);
      expect(await store().blobLinks.find("b", layer.digest)).toEqual(layer);
      expect(await store().discardedObjects.list(2000, 10)).toEqual([again.locator]);
    });

    test("without its session does nothing but discard the bytes", async () => {
      const commit = { uploadId: "nobody", holder: "x", repository: "a", blob: layer, now: 5 };
      expect(await store().blobLinks.commit(commit)).toBe(false);
      expect(await store().blobLinks.find("a", layer.digest)).toBeUndefined();
      expect(await store().discardedObjects.list(5, 10)).toEqual([layer.locator]);
    });

    test("through a session of another repository does nothing but discard the bytes", async () => {
      await store().uploads.start(uploadOf("u1", "a"));
      await store().uploads.lease("a", "u1", { holder: "x", until: 100 }, 4);
      const commit = { uploadId: "u1", holder: "x", repository: "b", blob: layer, now: 5 };
      expect(await store().blobLinks.commit(commit)).toBe(false);
      expect(await store().blobLinks.find("b", layer.digest)).toBeUndefined();
      expect(await store().uploads.find("a", "u1", 5)).toBeDefined();
    });

    test("by a writer whose lease another took does nothing but discard the bytes", async () => {
      await store().uploads.start(uploadOf("u1", "a"));
      await store().uploads.lease("a", "u1", { holder: "dead", until: 100 }, 4);
      await store().uploads.lease("a", "u1", { holder: "new", until: 200 }, 100);
      const commit = { uploadId: "u1", holder: "dead", repository: "a", blob: layer, now: 150 };
      expect(await store().blobLinks.commit(commit)).toBe(false);
      expect(await store().blobLinks.find("a", layer.digest)).toBeUndefined();
      expect(await store().discardedObjects.list(150, 10)).toEqual([layer.locator]);
      const other = { ...commit, holder: "new", blob: blobOf("layer", "again") };
      expect(await store().blobLinks.commit(other)).toBe(true);
    });

    test("repeated after its answer was lost never discards the bytes that are in use", async () => {
      await pushBlob(store(), "a", layer);
      const again = { uploadId: "the session that ended", holder: "x", repository: "a", blob: layer, now: 5 };
      expect(await store().blobLinks.commit(again)).toBe(false);
      expect(await store().blobLinks.find("a", layer.digest)).toEqual(layer);
      expect(await discardedBy(store())).toEqual([]);
    });
  });

  describe("a damaged blob", () => {
    test("is absent in every repository until a commit brings new bytes, everywhere at once", async () => {
      await pushBlob(store(), "a", layer);
      await store().blobLinks.mount({
        visibility: all,
        repository: "b",
        digest: layer.digest,
        from: "a",
        now: 1,
      });
      await store().blobLinks.markDamaged(layer.digest, layer.locator);
      expect(await store().blobLinks.find("a", layer.digest)).toBeUndefined();
      expect(await store().blobLinks.find("b", layer.digest)).toBeUndefined();
      expect(
        await store().blobLinks.mount({ visibility: all, repository: "c", digest: layer.digest, now: 1 }),
      ).toBe(false);
      expect(
        await store().blobLinks.mount({
          visibility: all,
          repository: "c",
          digest: layer.digest,
          from: "a",
          now: 1,
        }),
      ).toBe(false);
      expect(await store().blobLinks.unlink("a", layer.digest, 5000)).toEqual({ outcome: "absent" });

      const healed = { ...layer, locator: blobOf("layer", "healed").locator };
      expect(await pushBlob(store(), "c", healed, 5000)).toBe(true);
      for (const repository of ["a", "b", "c"]) {
        expect(await store().blobLinks.find(repository, layer.digest)).toEqual(healed);
      }
    });

    test("gives its old bytes up a minute after they were replaced: somebody may still read them", async () => {
      await pushBlob(store(), "a", layer);
      await store().blobLinks.markDamaged(layer.digest, layer.locator);
      await pushBlob(store(), "a", blobOf("layer", "healed"), 5000);
      expect(await store().discardedObjects.list(64_999, 10)).toEqual([]);
      expect(await store().discardedObjects.list(65_000, 10)).toEqual([layer.locator]);
    });

    test("is not what a late report about replaced bytes makes of it", async () => {
      const healed = blobOf("layer", "healed");
      await pushBlob(store(), "a", layer);
      await store().blobLinks.markDamaged(layer.digest, layer.locator);
      await pushBlob(store(), "a", healed);
      await store().blobLinks.markDamaged(layer.digest, layer.locator);
      expect(await store().blobLinks.find("a", layer.digest)).toEqual(healed);
    });
  });

  describe("mounting", () => {
    test("links a blob of the source, which needs no session", async () => {
      await pushBlob(store(), "a", layer);
      expect(
        await store().blobLinks.mount({
          visibility: all,
          repository: "b",
          digest: layer.digest,
          from: "a",
          now: 1,
        }),
      ).toBe(true);
      expect(await store().blobLinks.find("b", layer.digest)).toEqual(layer);
      expect(
        await store().blobLinks.mount({
          visibility: all,
          repository: "b",
          digest: layer.digest,
          from: "a",
          now: 1,
        }),
      ).toBe(true);
    });

    test("from a repository without the blob is false, wherever else it may be", async () => {
      await pushBlob(store(), "a", layer);
      await pushBlob(store(), "c", blobOf("other"));
      for (const from of ["c", "nobody"]) {
        expect(
          await store().blobLinks.mount({
            visibility: all,
            repository: "b",
            digest: layer.digest,
            from,
            now: 1,
          }),
        ).toBe(false);
      }
      expect(await store().blobLinks.find("b", layer.digest)).toBeUndefined();
    });

    test("without a source takes it from any repository, but not a blob that none is linked to", async () => {
      const mount = { visibility: all, repository: "b", digest: layer.digest, now: 1 };
      expect(await store().blobLinks.mount(mount)).toBe(false);
      await pushBlob(store(), "a", layer);
      expect(await store().blobLinks.mount(mount)).toBe(true);
      await store().blobLinks.unlink("a", layer.digest, 5000);
      await store().blobLinks.unlink("b", layer.digest, 5000);
      expect(await store().blobLinks.mount(mount)).toBe(false);
    });
  });

  describe("mounting without a source", () => {
    const rows: [linked: string, sees: Visibility, mounted: boolean][] = [
      ["team/app", all, true],
      ["team/app", seesProjects(), false],
      ["team/app", seesProjects("team"), true],
      ["team/app", seesProjects("tea", "team-b", "library", "team/app"), false],
      ["team/app", seesRepositories("team/app"), true],
      ["team/app", seesRepositories("team", "team/app/x"), false],
      ["team/app", seesRepositories(), false],
      ["open/app", seesProjects(), true],
      ["open/app", seesRepositories("team/app"), false],
      ["alpine", seesProjects("alpine", "team"), false],
      ["alpine", seesProjects("library"), true],
      ["library/alpine", seesProjects("library"), true],
    ];

    test.each(rows)("of what %s holds, seeing %o: %s", async (repository, visibility, mounted) => {
      await store().access.projects.create(projectOf("open", { public: true }));
      await store().access.projects.create(projectOf("library"));
      await pushBlob(store(), "hidden/app", layer);
      await pushBlob(store(), repository, blobOf("layer", "again"));
      const mount = { repository: "target/app", digest: layer.digest, visibility, now: 1 };
      expect(await store().blobLinks.mount(mount)).toBe(mounted);
      expect((await store().blobLinks.find("target/app", layer.digest)) !== undefined).toBe(mounted);
    });

    test("finds it in a public default project", async () => {
      await store().access.projects.create(projectOf("library", { public: true }));
      await pushBlob(store(), "alpine", layer);
      const mount = { repository: "b/b", digest: layer.digest, visibility: seesProjects(), now: 1 };
      expect(await store().blobLinks.mount(mount)).toBe(true);
    });

    test("takes no damaged blob, however visible", async () => {
      await pushBlob(store(), "team/app", layer);
      await store().blobLinks.markDamaged(layer.digest, layer.locator);
      const mount = { repository: "b", digest: layer.digest, visibility: seesProjects("team"), now: 1 };
      expect(await store().blobLinks.mount(mount)).toBe(false);
    });

    test("finds the one visible repository among thousands", async () => {
      await pushBlob(store(), "hidden/app", layer);
      const link = (repository: string) =>
        store().blobLinks.mount({
          ...{ repository, digest: layer.digest, from: "hidden/app", now: 1 },
          visibility: all,
        });
      await Promise.all(Array.from({ length: 1999 }, (_, index) => link(`hidden/r${index}`)));
      const mount = { repository: "b", digest: layer.digest, visibility: seesProjects("team"), now: 1 };
      expect(await store().blobLinks.mount(mount)).toBe(false);
      await link("team/last");
      expect(await store().blobLinks.mount(mount)).toBe(true);
    });

    test("does not ask what the caller sees when there is a source: that was asked before", async () => {
      await pushBlob(store(), "a", layer);
      const mount = { repository: "b", digest: layer.digest, visibility: seesProjects(), now: 1 };
      expect(await store().blobLinks.mount({ ...mount, from: "a" })).toBe(true);
    });
  });

  describe("unlinking", () => {
    test("removes the blob from that repository and no other", async () => {
      await pushBlob(store(), "a", layer);
      await pushBlob(store(), "b", blobOf("layer", "again"));
      expect(await store().blobLinks.unlink("a", layer.digest, 5000)).toEqual({ outcome: "unlinked" });
      expect(await store().blobLinks.find("a", layer.digest)).toBeUndefined();
      expect(await store().blobLinks.find("b", layer.digest)).toEqual(layer);
      expect(await store().blobLinks.unlink("a", layer.digest, 5000)).toEqual({ outcome: "absent" });
      expect(await store().blobLinks.unlink("nobody", layer.digest, 5000)).toEqual({ outcome: "absent" });
    });

    test("is refused while a manifest of that repository names the blob, not for one of another", async () => {
      for (const repository of ["a", "b"]) await pushBlob(store(), repository, blobOf("layer", repository));
      const manifest = manifestOf("a", "image", { references: [needsBlob(layer.digest)] });
      await store().manifests.commit(manifest);
      expect(await store().blobLinks.unlink("a", layer.digest, 5000)).toEqual({
        outcome: "needed",
        by: manifest.digest,
      });
      expect(await store().blobLinks.find("a", layer.digest)).toBeDefined();
      expect(await store().blobLinks.unlink("b", layer.digest, 5000)).toEqual({ outcome: "unlinked" });
      await store().manifests.delete("a", digestFor("image"), 5000);
      expect(await store().blobLinks.unlink("a", layer.digest, 5000)).toEqual({ outcome: "unlinked" });
    });
  });
}
