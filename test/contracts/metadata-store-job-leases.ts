// The part of the metadata store's contract about background work that one process at a time does.
import { describe, expect, test } from "vitest";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";

export function jobLeasesContract(store: () => MetadataStore): void {
  describe("a lease of background work", () => {
    const leases = () => store().jobLeases;

    test("is one holder's until it runs out", async () => {
      expect(await leases().take("sweep", "a", 100, 0)).toBe(true);
      expect(await leases().take("sweep", "b", 200, 99)).toBe(false);
      expect(await leases().take("sweep", "a", 200, 99)).toBe(false);
      expect(await leases().take("other", "b", 200, 99)).toBe(true);
      expect(await leases().take("sweep", "b", 200, 100)).toBe(true);
    });

    test("that was taken before the clock was set back is anybody's, and not for hours", async () => {
      expect(await leases().take("sweep", "a", 90_100, 90_000)).toBe(true);
      expect(await leases().take("sweep", "b", 89_700, 89_600)).toBe(true);
      // of clocks that differ a little none takes from the other
      expect(await leases().take("sweep", "c", 89_650, 89_550)).toBe(false);
    });

    test("goes to one of many who want it at once", async () => {
      const wishes = Array.from({ length: 10 }, (_, n) => leases().take("sweep", `holder ${n}`, 100, 0));
      expect((await Promise.all(wishes)).filter(Boolean)).toHaveLength(1);
    });

    test("is renewed, and given back, with what is to be told", async () => {
      expect(await leases().find("sweep")).toBeUndefined();
      await leases().take("sweep", "a", 100, 0);
      expect(await leases().find("sweep")).toEqual({ until: 100, report: undefined });
      expect(await leases().save("sweep", "a", { report: "half", until: 200 })).toBe(true);
      expect(await leases().take("sweep", "b", 300, 150)).toBe(false);
      expect(await leases().find("sweep")).toEqual({ until: 200, report: "half" });
      expect(await leases().save("sweep", "a", { report: "all", until: undefined })).toBe(true);
      expect(await leases().take("sweep", "b", 300, 150)).toBe(true);
      expect(await leases().find("sweep")).toEqual({ until: 300, report: "all" });
    });

    test("that another has taken is neither renewed nor given back, and nothing is told", async () => {
      await leases().take("sweep", "a", 100, 0);
      await leases().take("sweep", "b", 300, 100);
      expect(await leases().save("sweep", "a", { report: "mine", until: 900 })).toBe(false);
      expect(await leases().save("sweep", "a", { report: "mine", until: undefined })).toBe(false);
      expect(await leases().find("sweep")).toEqual({ until: 300, report: undefined });
    });
  });
}
