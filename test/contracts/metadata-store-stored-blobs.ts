// The contract of what looks after the blob store as a whole: every row, every locator, and the move to another store.
import { describe, expect, test } from "vitest";
import type { Locator } from "../../storage/blobs/stored-object.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { StoredBlobRecord } from "../../storage/metadata/records.ts";
import { blobOf, discardedBy, pushBlob, uploadOf, type CurrentStore } from "./metadata-store-fixture.ts";

async function everyRow(store: MetadataStore, limit: number): Promise<StoredBlobRecord[]> {
  const rows: StoredBlobRecord[] = [];
  for (let more = true; more;) {
    const after = rows.at(-1)?.digest;
    const page = await store.storedBlobs.list({ limit, ...(after !== undefined && { after }) });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    rows.push(...page.entries);
    more = page.more;
  }
  return rows;
}

const copyOf = (content: string) => blobOf(content, "copy").locator;

export function storedBlobsContract(store: CurrentStore): void {
  describe("stored blobs", () => {
    test("are listed by digest, each once however many repositories have it, damaged ones too", async () => {
      const blobs = ["a", "b", "c", "d", "e"].map((content) => blobOf(content));
      for (const blob of blobs)
        for (const repository of ["r", "s"]) await pushBlob(store(), repository, blob);
      await store().blobLinks.markDamaged(blobs[2]!.digest, blobs[2]!.locator);
      const expected = blobs
        .map((blob, index) => ({ ...blob, state: index === 2 ? "damaged" : "present" }))
        .sort((one, other) => (one.digest < other.digest ? -1 : 1));
      for (const limit of [1, 2, 5, 100]) expect(await everyRow(store(), limit)).toEqual(expected);
    });

    test("and what waits to be deleted are known by their locators, and nothing else is", async () => {
      await pushBlob(store(), "r", blobOf("layer"));
      await pushBlob(store(), "r", blobOf("layer", "lost"));
      const strangers = Array.from({ length: 250 }, (_, index) => `stranger ${index}` as Locator);
      const asked = [...strangers, blobOf("layer").locator, blobOf("layer", "lost").locator];
      expect((await store().storedBlobs.findKnown(asked)).sort()).toEqual(["layer.first", "layer.lost"]);
      expect(await store().storedBlobs.findKnown([])).toEqual([]);
    });
  });

  describe("objects that nobody knows", () => {
    test("wait from now on, but for those that a blob has", async () => {
      const [blob, orphan] = [blobOf("layer"), blobOf("orphan")];
      await pushBlob(store(), "r", blob);
      const asked = [blob.locator, orphan.locator];
      expect(await store().discardedObjects.add(asked, 10, 500)).toEqual([orphan.locator]);
      expect(await store().discardedObjects.list(499, 10)).toEqual([]);
      expect(await store().discardedObjects.list(500, 10)).toEqual([orphan.locator]);
    });

    test("wait no longer than they did already", async () => {
      await store().discardedObjects.add([blobOf("orphan").locator], 10, 500);
      await store().discardedObjects.add([blobOf("orphan").locator], 400, 900);
      expect(await store().discardedObjects.list(500, 10)).toEqual(["orphan.first"]);
    });

    test("are taken out of the queue by a blob that turns out to have them", async () => {
      const late = blobOf("late");
      await store().discardedObjects.add([late.locator], 10, 500);
      await pushBlob(store(), "r", late);
      expect(await discardedBy(store())).toEqual([]);
      await store().blobLinks.markDamaged(late.digest, late.locator);
      const healing = blobOf("late", "healing");
      await store().discardedObjects.add([healing.locator], 10, 500);
      await pushBlob(store(), "r", healing);
      expect(await discardedBy(store())).toEqual([late.locator]);
    });
  });

  describe("copies of blobs", () => {
    test("are listed with the present blobs, for their own target", async () => {
      const [one, two, broken] = [blobOf("one"), blobOf("two"), blobOf("broken")];
      for (const blob of [one, two, broken]) await pushBlob(store(), "r", blob);
      await store().blobLinks.markDamaged(broken.digest, broken.locator);
      await store().blobCopies.add("bucket", one.digest, copyOf("one"));
      await store().blobCopies.add("elsewhere", two.digest, copyOf("two"));
      const { entries, more } = await store().blobCopies.list("bucket", { limit: 10 });
      expect(more).toBe(false);
      const copies = new Map(entries.map(({ locator, copy }) => [locator, copy]));
      expect(copies).toEqual(
        new Map([
          ["one.first", "one.copy"],
          ["two.first", undefined],
        ]),
      );
      const [first] = entries;
      const rest = await store().blobCopies.list("bucket", { after: first!.digest, limit: 10 });
      expect(rest.entries).toEqual(entries.slice(1));
    });

    test("can be replaced", async () => {
      await pushBlob(store(), "r", blobOf("one"));
      for (const suffix of ["lost", "copy"])
        await store().blobCopies.add("bucket", blobOf("one").digest, blobOf("one", suffix).locator);
      const { entries } = await store().blobCopies.list("bucket", { limit: 10 });
      expect(entries[0]?.copy).toBe("one.copy");
    });

    test("become the blobs in one step, and what was of the store before is forgotten", async () => {
      const [one, broken] = [blobOf("one"), blobOf("broken")];
      for (const blob of [one, broken]) await pushBlob(store(), "r", blob);
      await store().blobLinks.markDamaged(broken.digest, broken.locator);
      await store().uploads.start(uploadOf("open", "r"));
      await store().discardedObjects.add([blobOf("waiting").locator], 1, 1);
      for (const { digest } of [one, broken]) {
        await store().blobCopies.add("bucket", digest, blobOf(digest, "copy").locator);
      }
      const options = { leaveUncopied: false, now: 5 };
      const switched = { outcome: "switched", blobs: 2, left: 0 };
      expect(await store().blobCopies.switchTo("bucket", options)).toEqual(switched);
      for (const blob of [one, broken]) {
        const moved = { ...blob, locator: blobOf(blob.digest, "copy").locator };
        expect(await store().blobLinks.find("r", blob.digest)).toEqual(moved);
      }
      expect(await store().uploads.find("r", "open", 1)).toBeUndefined();
      expect(await discardedBy(store())).toEqual([]);
      const { entries } = await store().blobCopies.list("bucket", { limit: 10 });
      expect(entries.map(({ copy }) => copy)).toEqual([undefined, undefined]);
    });

    test("change nothing while one is missing, unless that blob is given up", async () => {
      const [one, two] = [blobOf("one"), blobOf("two")];
      for (const blob of [one, two]) await pushBlob(store(), "r", blob);
      await store().uploads.start(uploadOf("open", "r"));
      await store().blobCopies.add("bucket", one.digest, copyOf("one"));
      const before = await everyRow(store(), 10);
      expect(await store().blobCopies.switchTo("bucket", { leaveUncopied: false, now: 5 })).toEqual({
        outcome: "incomplete",
        uncopied: 1,
      });
      expect(await everyRow(store(), 10)).toEqual(before);
      expect(await store().uploads.find("r", "open", 1)).toBeDefined();
      expect(await store().blobCopies.switchTo("bucket", { leaveUncopied: true, now: 5 })).toEqual({
        outcome: "switched",
        blobs: 1,
        left: 1,
      });
      expect(await store().blobLinks.find("r", one.digest)).toEqual({ ...one, locator: "one.copy" });
      expect(await store().blobLinks.find("r", two.digest)).toBeUndefined();
    });

    test("by the hundreds are switched together, and those of no blob wait to be deleted", async () => {
      const blobs = Array.from({ length: 620 }, (_, index) => blobOf(`layer ${index}`));
      await Promise.all(blobs.map((blob) => pushBlob(store(), "r", blob)));
      const stray = blobOf("nobody's");
      for (const { digest } of [...blobs, stray]) {
        await store().blobCopies.add("bucket", digest, blobOf(digest, "copy").locator);
      }
      expect(await store().blobCopies.switchTo("bucket", { leaveUncopied: false, now: 5 })).toEqual({
        outcome: "switched",
        blobs: 620,
        left: 0,
      });
      const rows = await everyRow(store(), 1000);
      expect(rows.map(({ locator }) => locator)).toEqual(rows.map(({ digest }) => `${digest}.copy`));
      expect(await discardedBy(store())).toEqual([`${stray.digest}.copy`]);
    });
  });
}
