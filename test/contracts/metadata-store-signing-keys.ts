// The contract of the keys that tokens are signed with.
import { describe, expect, test } from "vitest";
import type { SigningKeyRecord } from "../../storage/metadata/access-records.ts";
import { raisesRevision } from "./metadata-store-access-fixture.ts";
import type { CurrentStore } from "./metadata-store-fixture.ts";

function keyOf(kid: string, createdAt: number, expiresAt = createdAt + 1000): SigningKeyRecord {
  return { kid, algorithm: "ES256", privateKey: `private key of ${kid}`, createdAt, expiresAt };
}

export function signingKeysContract(store: CurrentStore): void {
  const keys = () => store().access.signingKeys;
  const kids = async () => (await keys().list()).map((key) => key.kid);

  describe("signing keys", () => {
    test("are listed newest first, as they were added", async () => {
      expect(await keys().list()).toEqual([]);
      const [first, second] = [keyOf("z", 1000), { ...keyOf("a", 2000), algorithm: "RS256" as const }];
      expect(await keys().add(first, undefined)).toBe(true);
      expect(await keys().add(second, "z")).toBe(true);
      expect(await keys().list()).toEqual([second, first]);
    });

    test("are added only in the place of the newest, and else nothing happens", async () => {
      expect(await keys().add(keyOf("a", 1000), "nobody")).toBe(false);
      expect(await keys().list()).toEqual([]);
      await keys().add(keyOf("a", 1000), undefined);
      await keys().add(keyOf("b", 2000), "a");
      for (const replaces of [undefined, "a", "nobody"]) {
        expect(await keys().add(keyOf("c", 3000), replaces)).toBe(false);
      }
      expect(await kids()).toEqual(["b", "a"]);
    });

    test("are newer than those that they replace, also by a clock that is behind", async () => {
      await keys().add(keyOf("ahead", 5000), undefined);
      expect(await keys().add(keyOf("behind", 1000, 9000), "ahead")).toBe(true);
      expect(await keys().add(keyOf("at once", 1000, 9000), "behind")).toBe(true);
      expect(await kids()).toEqual(["at once", "behind", "ahead"]);
      expect((await keys().list()).map((key) => key.expiresAt)).toEqual([9000, 9000, 6000]);
    });

    test("of many that would be the first or the next, exactly one is", async () => {
      let newest: string | undefined;
      for (const round of ["first", "next"]) {
        const offered = Array.from({ length: 20 }, (_, index) => keyOf(`${round} ${index}`, 20 - index));
        const added = await Promise.all(offered.map((key) => keys().add(key, newest)));
        expect(added.filter(Boolean)).toHaveLength(1);
        newest = offered[added.indexOf(true)]?.kid;
        expect((await kids())[0]).toBe(newest);
      }
      expect(await kids()).toHaveLength(2);
    });

    test("go from the moment on at which they expire", async () => {
      await keys().add(keyOf("a", 1000, 5000), undefined);
      await keys().add(keyOf("b", 2000, 4000), "a");
      await keys().add(keyOf("c", 3000, 6000), "b");
      await keys().deleteExpired(3999);
      expect(await kids()).toEqual(["c", "b", "a"]);
      await keys().deleteExpired(4000);
      expect(await kids()).toEqual(["c", "a"]);
      await keys().deleteExpired(10_000);
      expect(await kids()).toEqual([]);
    });

    test("raise the revision when one comes or goes, and only then", async () => {
      const raises = (step: () => Promise<unknown>) => raisesRevision(store(), step);
      expect(await raises(() => keys().add(keyOf("a", 1000), undefined))).toBe(true);
      expect(await raises(() => keys().add(keyOf("b", 1000), undefined))).toBe(false);
      expect(await raises(() => keys().deleteExpired(1999))).toBe(false);
      expect(await raises(() => keys().deleteExpired(2000))).toBe(true);
    });
  });
}
