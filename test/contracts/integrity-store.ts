// The contract of what looks whether the database says the truth: whom a blob concerns, manifests against their digests, and
// figures of usage against what they count. The store itself makes no wrong figure: test/src/jobs/fsck/figures.test.ts does.
import { describe, expect, test } from "vitest";
import type {
  IntegrityStore,
  StoredManifestRecord,
  UsageMismatch,
} from "../../storage/metadata/integrity-store.ts";
import { blobOf, digestFor, manifestOf, pushBlob, type CurrentStore } from "./metadata-store-fixture.ts";
import { cacheBlob, cacheImage } from "./mirror-store-fixture.ts";

const here = "team/app";
const there = "team/tools";

export function integrityStoreContract(store: CurrentStore): void {
  holdersContract(store);
  storedManifestsContract(store);
  damagedManifestsContract(store);
  usageChecksContract(store);
}

function holdersContract(store: CurrentStore): void {
  describe("holders of a blob", () => {
    const holders = async (content: string, limit = 10) => {
      const found = await store().integrity.listHolders(digestFor(content), limit);
      return [...found].sort((one, other) => (one.repository < other.repository ? -1 : 1));
    };

    test("are the repositories that link it, and whether as a copy of an upstream's", async () => {
      for (const repository of [here, there]) await pushBlob(store(), repository, blobOf("layer"));
      await cacheBlob(store(), "docker.io/app", blobOf("layer"));
      await pushBlob(store(), "team/third", blobOf("another"));
      expect(await holders("layer")).toEqual([
        { repository: "docker.io/app", cached: true },
        { repository: here, cached: false },
        { repository: there, cached: false },
      ]);
      expect(await holders("nobody's")).toEqual([]);
      await store().blobLinks.unlink(here, digestFor("layer"), 2000);
      expect((await holders("layer")).map(({ repository }) => repository)).toEqual(["docker.io/app", there]);
    });

    test("stay while it is damaged, and are no more than the limit", async () => {
      const blob = blobOf("layer");
      for (const repository of [here, there]) await pushBlob(store(), repository, blob);
      expect(await store().blobLinks.markDamaged(blob.digest, blob.locator)).toBe(true);
      expect(await holders("layer")).toHaveLength(2);
      expect(await holders("layer", 1)).toHaveLength(1);
    });
  });
}

/** All pages, with `between` after each. */
async function everyManifest(
  integrity: IntegrityStore,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
): Promise<StoredManifestRecord[]> {
  const all: StoredManifestRecord[] = [];
  for (let after: number | undefined, more = true; more;) {
    const page = await integrity.listManifests({ after, limit });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    all.push(...page.entries);
    await between();
    after = page.next;
    more = after !== undefined;
  }
  return all;
}

function storedManifestsContract(store: CurrentStore): void {
  describe("stored manifests", () => {
    const contents = ["a", "b", "c", "d", "e"];
    const inOrder = (records: readonly StoredManifestRecord[]) =>
      records.map(({ repository, digest, bytes }) => `${repository} ${digest} ${bytes.toString()}`).sort();

    test("are listed over all repositories, each once, in pages of any size", async () => {
      for (const repository of [here, there])
        for (const content of contents) await store().manifests.commit(manifestOf(repository, content));
      await cacheImage(store(), "docker.io/app", { name: "cached", layers: [] });
      const expected = [here, there].flatMap((repository) =>
        contents.map((content) => `${repository} ${digestFor(content)} ${content}`),
      );
      expected.push(`docker.io/app ${digestFor("cached")} cached`);
      for (const limit of [1, 2, 11, 100])
        expect(inOrder(await everyManifest(store().integrity, limit))).toEqual(expected.sort());
    });

    test("are all listed that stay, whatever goes and comes between two pages", async () => {
      for (const content of contents) await store().manifests.commit(manifestOf(here, content));
      const leaving = ["a", "c"];
      const between = async () => {
        const content = leaving.pop();
        if (content !== undefined) await store().manifests.delete(here, digestFor(content), 2000);
        await store().manifests.commit(manifestOf(there, `new ${leaving.length}`));
      };
      const listed = (await everyManifest(store().integrity, 2, between)).map(({ bytes }) =>
        bytes.toString(),
      );
      expect(listed).toEqual(expect.arrayContaining(["b", "d", "e"]));
      expect(new Set(listed).size).toBe(listed.length);
    });

    test("that are damaged are passed over, also where they fill a page", async () => {
      for (const content of contents) await store().manifests.commit(manifestOf(here, content));
      const [, second, third] = await everyManifest(store().integrity, 10);
      for (const manifest of [second, third])
        if (manifest) expect(await store().integrity.markManifestDamaged(manifest, 5)).toBe(true);
      const left = contents.filter(
        (content) => ![second, third].some((manifest) => manifest?.bytes.toString() === content),
      );
      for (const limit of [1, 2, 100]) {
        const bytes = (await everyManifest(store().integrity, limit)).map((one) => one.bytes.toString());
        expect(bytes.sort()).toEqual(left);
      }
    });
  });
}

function damagedManifestsContract(store: CurrentStore): void {
  describe("a damaged manifest", () => {
    const wrong = { ...manifestOf(here, "image", { tags: ["v1"] }), bytes: Buffer.from("other bytes") };
    const { digest, bytes } = wrong;
    const found = { repository: here, digest, bytes };

    test("is absent by digest and by tag, in its own repository, and keeps its tag", async () => {
      for (const repository of [here, there]) await store().manifests.commit({ ...wrong, repository });
      expect(await store().integrity.markManifestDamaged(found, 5)).toBe(true);
      expect(await store().manifests.findByDigest(here, digest)).toBeUndefined();
      expect(await store().manifests.findByTag(here, "v1")).toBeUndefined();
      expect((await store().tags.list(here, { limit: 10 })).entries).toEqual(["v1"]);
      expect(await store().manifests.findByDigest(there, digest)).toMatchObject({ digest });
    });

    test("is marked once, and healed by the next push of it, tags and all", async () => {
      await store().manifests.commit(wrong);
      expect(await store().integrity.markManifestDamaged(found, 5)).toBe(true);
      expect(await store().integrity.markManifestDamaged(found, 6)).toBe(false);
      await store().manifests.commit(manifestOf(here, "image"));
      expect((await store().manifests.findByTag(here, "v1"))?.bytes.toString()).toBe("image");
      expect(await everyManifest(store().integrity, 10)).toMatchObject([{ digest }]);
    });

    test("is not marked where its bytes are others by now, or it is gone", async () => {
      await store().manifests.commit(manifestOf(here, "image", { tags: ["v1"] }));
      expect(await store().integrity.markManifestDamaged(found, 5)).toBe(false);
      expect(await store().manifests.findByTag(here, "v1")).toMatchObject({ digest });
      expect(await store().integrity.markManifestDamaged({ ...found, repository: there }, 5)).toBe(false);
    });
  });
}

function usageChecksContract(store: CurrentStore): void {
  const mismatches = async (repair: boolean): Promise<UsageMismatch[]> => {
    const all: UsageMismatch[] = [];
    for (let after: string | undefined, steps = 0; ; steps++) {
      expect(steps).toBeLessThan(1000);
      const checked = await store().integrity.checkUsage({ after, repair });
      all.push(...checked.mismatches);
      after = checked.next;
      if (after === undefined) return all;
    }
  };

  describe("a check of usage", () => {
    test("finds nothing in an empty database, nor in one that was only used", async () => {
      expect(await mismatches(false)).toEqual([]);
      for (const repository of [here, there, "single", "teams/app", "team-0/app"])
        for (const content of ["shared", repository]) await pushBlob(store(), repository, blobOf(content));
      await store().manifests.commit(manifestOf(here, "image", { tags: ["v1"] }));
      await cacheImage(store(), "docker.io/library/app", { name: "cached", layers: ["shared", "d"] });
      await store().blobLinks.unlink(there, digestFor("shared"), 2000);
      await store().manifests.delete(here, digestFor("image"), 2000);
      const lost = blobOf("teams/app");
      await store().blobLinks.markDamaged(lost.digest, lost.locator);
      expect(await mismatches(false)).toEqual([]);
      expect(await mismatches(true)).toEqual([]);
    });

    test("comes to its end over more repositories and projects than a step looks at", async () => {
      for (let n = 0; n < 65; n++) await pushBlob(store(), `project${n % 30}/app${n}`, blobOf("shared"));
      expect(await mismatches(true)).toEqual([]);
      expect(await store().usage.ofProject("project3")).toMatchObject({ blobBytes: "shared".length });
    });
  });
}
