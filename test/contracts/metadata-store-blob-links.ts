// The contract of blobs and their links: who sees a blob, which bytes a digest keeps, what becomes of the others.
import { describe, expect, test } from "vitest";
import {
  all,
  blobOf,
  digestFor,
  discardedBy,
  manifestOf,
  needsBlob,
  pushBlob,
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
      expect(await store().blobLinks.unlink("a", layer.digest)).toEqual({ outcome: "absent" });

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
      await store().blobLinks.unlink("a", layer.digest);
      await store().blobLinks.unlink("b", layer.digest);
      expect(await store().blobLinks.mount(mount)).toBe(false);
    });
  });

  describe("unlinking", () => {
    test("removes the blob from that repository and no other", async () => {
      await pushBlob(store(), "a", layer);
      await pushBlob(store(), "b", blobOf("layer", "again"));
      expect(await store().blobLinks.unlink("a", layer.digest)).toEqual({ outcome: "unlinked" });
      expect(await store().blobLinks.find("a", layer.digest)).toBeUndefined();
      expect(await store().blobLinks.find("b", layer.digest)).toEqual(layer);
      expect(await store().blobLinks.unlink("a", layer.digest)).toEqual({ outcome: "absent" });
      expect(await store().blobLinks.unlink("nobody", layer.digest)).toEqual({ outcome: "absent" });
    });

    test("is refused while a manifest of that repository names the blob, not for one of another", async () => {
      for (const repository of ["a", "b"]) await pushBlob(store(), repository, blobOf("layer", repository));
      const manifest = manifestOf("a", "image", { references: [needsBlob(layer.digest)] });
      await store().manifests.commit(manifest);
      expect(await store().blobLinks.unlink("a", layer.digest)).toEqual({
        outcome: "needed",
        by: manifest.digest,
      });
      expect(await store().blobLinks.find("a", layer.digest)).toBeDefined();
      expect(await store().blobLinks.unlink("b", layer.digest)).toEqual({ outcome: "unlinked" });
      await store().manifests.delete("a", digestFor("image"));
      expect(await store().blobLinks.unlink("a", layer.digest)).toEqual({ outcome: "unlinked" });
    });
  });
}
