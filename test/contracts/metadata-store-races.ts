// What must hold however calls interleave: all of them are in flight at once here.
import { describe, expect, test } from "vitest";
import {
  blobOf,
  digestFor,
  discardedBy,
  manifestOf,
  needsBlob,
  pushBlob,
  tagsOf,
  uploadOf,
  type CurrentStore,
} from "./metadata-store-fixture.ts";

const range = (length: number) => Array.from({ length }, (_, index) => index);

export function racesContract(store: CurrentStore): void {
  describe("at once", () => {
    test("50 uploads of one digest to 10 repositories all succeed, and one object stays", async () => {
      const blobs = range(50).map((index) => blobOf("layer", `${index}`));
      const results = await Promise.all(
        blobs.map((blob, index) => pushBlob(store(), `r${index % 10}`, blob)),
      );
      expect(results).toEqual(blobs.map(() => true));
      const kept = await store().blobLinks.find("r0", blobs[0]!.digest);
      const lost = blobs.map((blob) => blob.locator).filter((locator) => locator !== kept?.locator);
      expect((await discardedBy(store())).sort()).toEqual(lost.sort());
      for (const index of range(10))
        expect(await store().blobLinks.find(`r${index}`, blobs[0]!.digest)).toEqual(kept);
    });

    test("of 20 first pushes of a tag on condition that it is absent exactly one wins", async () => {
      const precondition = { tag: "v1", demand: { kind: "absent" } } as const;
      const results = await Promise.all(
        range(20).map((index) =>
          store().manifests.commit(manifestOf("a", `content ${index}`, { tags: ["v1"], precondition })),
        ),
      );
      const winners = range(20).filter((index) => results[index]?.outcome === "committed");
      expect(winners).toHaveLength(1);
      const tagged = await store().manifests.findByTag("a", "v1");
      expect(tagged?.digest).toBe(digestFor(`content ${winners[0]!}`));
    });

    test("identical manifest pushes and tag moves all succeed", async () => {
      const same = range(20).map(() => store().manifests.commit(manifestOf("a", "same", { tags: ["v1"] })));
      const moves = range(20).map((index) =>
        store().manifests.commit(manifestOf("a", `move ${index}`, { tags: ["v1"] })),
      );
      const results = await Promise.all([...same, ...moves]);
      expect(new Set(results.map((result) => result.outcome))).toEqual(new Set(["committed"]));
      expect(await tagsOf(store(), "a")).toEqual(["v1"]);
    });

    test("a blob is not unlinked from under a manifest that is being stored, nor the other way round", async () => {
      for (const index of range(20)) {
        const blob = blobOf(`layer ${index}`);
        await pushBlob(store(), "a", blob);
        const manifest = manifestOf("a", `image ${index}`, { references: [needsBlob(blob.digest)] });
        const calls = [
          async () => (await store().manifests.commit(manifest)).outcome,
          async () => (await store().blobLinks.unlink("a", blob.digest, 5000)).outcome,
        ];
        if (index % 2 === 1) calls.reverse();
        const outcomes = (await Promise.all(calls.map((call) => call()))).sort();
        expect([
          ["committed", "needed"],
          ["missing", "unlinked"],
        ]).toContainEqual(outcomes);
      }
    });

    test("one session serves exactly one of many commits and one of many leases", async () => {
      await store().uploads.start(uploadOf("u1", "a"));
      const leases = await Promise.all(
        range(10).map((index) => store().uploads.lease("a", "u1", { holder: `h${index}`, until: 100 }, 10)),
      );
      expect(leases.filter((lease) => lease.outcome === "leased")).toHaveLength(1);
      const holder = `h${leases.findIndex((lease) => lease.outcome === "leased")}`;
      const commits = await Promise.all(
        range(10).map((index) =>
          store().blobLinks.commit({
            uploadId: "u1",
            holder,
            repository: "a",
            blob: blobOf("layer", `${index}`),
            now: 20,
          }),
        ),
      );
      expect(commits.filter(Boolean)).toHaveLength(1);
      expect(await discardedBy(store())).toHaveLength(9);
    });
  });
}
