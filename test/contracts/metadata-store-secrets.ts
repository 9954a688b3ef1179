// The contract of secrets: kept by hash, so many for each account and kind, with the time of their last use.
import { beforeEach, describe, expect, test } from "vitest";
import type { SecretKind } from "../../storage/metadata/access-records.ts";
import { labelsOf, raisesRevision, robotOf, secretOf, userOf } from "./metadata-store-access-fixture.ts";
import type { CurrentStore } from "./metadata-store-fixture.ts";

const quarter = 15 * 60_000;

export function secretsContract(store: CurrentStore): void {
  const secrets = () => store().access.secrets;

  describe("secrets", () => {
    beforeEach(async () => {
      await store().access.accounts.create(userOf("ann"));
      await store().access.accounts.create(robotOf("bot"));
    });

    test("are found by their hash, with their account, expired or not", async () => {
      const plain = secretOf("ann", "plain");
      const full = secretOf("bot", "full", {
        kind: "robot",
        hash: Buffer.from([0, 255, 0, 128]),
        actions: ["pull"],
        expiresAt: 1001,
        lastUsedAt: 1500,
      });
      const powerless = secretOf("ann", "powerless", { kind: "refresh", actions: [] });
      for (const secret of [plain, full, powerless]) expect(await secrets().add(secret, 10)).toBe(true);
      expect(await secrets().findByHash(plain.hash)).toEqual({ secret: plain, account: userOf("ann") });
      expect(await secrets().findByHash(full.hash)).toEqual({ secret: full, account: robotOf("bot") });
      expect((await secrets().findByHash(powerless.hash))?.secret.actions).toEqual([]);
      expect(await secrets().findByHash(Buffer.from("another hash"))).toBeUndefined();
      expect(await secrets().findByHash(Buffer.alloc(0))).toBeUndefined();
    });

    test("of an account that does not exist are not added", async () => {
      const secret = secretOf("nobody", "token");
      expect(await secrets().add(secret, 10)).toBe(false);
      expect(await secrets().findByHash(secret.hash)).toBeUndefined();
    });

    test("are listed newest first, of one kind or of all", async () => {
      const kinds: [string, number, SecretKind][] = [
        ["second", 2000, "personal"],
        ["fourth", 4000, "refresh"],
        ["first", 1000, "refresh"],
        ["third", 3000, "personal"],
      ];
      for (const [label, createdAt, kind] of kinds)
        await secrets().add(secretOf("ann", label, { createdAt, kind }), 10);
      await secrets().add(secretOf("bot", "elsewhere"), 10);
      expect(await labelsOf(store(), "ann")).toEqual(["fourth", "third", "second", "first"]);
      const personal = await secrets().list("id of ann", "personal");
      expect(personal.map((secret) => secret.label)).toEqual(["third", "second"]);
      expect(await secrets().list("id of ann", "robot")).toEqual([]);
      expect(await secrets().list("nobody")).toEqual([]);
    });

    test("beyond the number to keep go, the oldest of that account and kind first", async () => {
      await secrets().add(secretOf("ann", "login", { kind: "refresh", createdAt: 1 }), 10);
      await secrets().add(secretOf("bot", "elsewhere", { createdAt: 1 }), 10);
      for (const [label, createdAt] of [
        ["b", 20],
        ["a", 10],
        ["c", 30],
      ] as const)
        await secrets().add(secretOf("ann", label, { createdAt }), 3);
      await secrets().add(secretOf("ann", "d", { createdAt: 40 }), 3);
      expect(await labelsOf(store(), "ann")).toEqual(["d", "c", "b", "login"]);
      await secrets().add(secretOf("ann", "e", { createdAt: 50 }), 2);
      expect(await labelsOf(store(), "ann")).toEqual(["e", "d", "login"]);
      await secrets().add(secretOf("ann", "f", { createdAt: 60 }), 1);
      expect(await labelsOf(store(), "ann")).toEqual(["f", "login"]);
      expect(await labelsOf(store(), "bot")).toEqual(["elsewhere"]);
    });

    test("that a clock gone back made are not dropped for their age as they come", async () => {
      await secrets().add(secretOf("ann", "from the future", { createdAt: 9000 }), 1);
      await secrets().add(secretOf("ann", "from now", { createdAt: 1000 }), 1);
      expect(await labelsOf(store(), "ann")).toEqual(["from now"]);
    });

    test("are deleted by their own account alone", async () => {
      await secrets().add(secretOf("ann", "token"), 10);
      expect(await secrets().delete("id of bot", "id of token")).toBe(false);
      expect(await labelsOf(store(), "ann")).toEqual(["token"]);
      expect(await secrets().delete("id of ann", "id of token")).toBe(true);
      expect(await secrets().delete("id of ann", "id of token")).toBe(false);
      expect(await labelsOf(store(), "ann")).toEqual([]);
    });

    test("remember their last use to the quarter of an hour", async () => {
      await secrets().add(secretOf("ann", "token"), 10);
      await secrets().add(secretOf("ann", "unused"), 10);
      const usedAt = async () =>
        (await secrets().findByHash(Buffer.from("hash of token")))?.secret.lastUsedAt;
      const steps: [at: number, expected: number][] = [
        [5000, 5000],
        [5001, 5000],
        [5000 + quarter, 5000],
        [5001 + quarter, 5001 + quarter],
        [4000, 5001 + quarter],
      ];
      for (const [at, expected] of steps) {
        await secrets().recordUse("id of token", at);
        expect(await usedAt()).toBe(expected);
      }
      const unused = await secrets().findByHash(Buffer.from("hash of unused"));
      expect(unused?.secret.lastUsedAt).toBeUndefined();
      await secrets().recordUse("id of nothing", 5000);
    });

    test("go when they expired, those first that expired first, and at most so many at once", async () => {
      const expiries: [string, number | undefined][] = [
        ["never", undefined],
        ["last", 300],
        ["first", 100],
        ["second", 200],
      ];
      for (const [label, expiresAt] of expiries)
        await secrets().add(secretOf("ann", label, { expiresAt }), 10);
      const left = async () => (await labelsOf(store(), "ann")).sort();
      expect(await secrets().deleteExpired(99, 10)).toBe(0);
      expect(await secrets().deleteExpired(300, 2)).toBe(2);
      expect(await left()).toEqual(["last", "never"]);
      expect(await secrets().deleteExpired(300, 2)).toBe(1);
      expect(await secrets().deleteExpired(Number.MAX_SAFE_INTEGER, 2)).toBe(0);
      expect(await left()).toEqual(["never"]);
    });

    test("of one hash exist once", async () => {
      const token = secretOf("ann", "token");
      await secrets().add(token, 10);
      await expect(secrets().add(secretOf("bot", "other", { hash: token.hash }), 1)).rejects.toThrow();
      expect((await secrets().findByHash(token.hash))?.account.name).toBe("ann");
    });

    test("raise the access revision as they come and go, save for logins, uses and what ran out", async () => {
      const grows = (step: () => Promise<unknown>) => raisesRevision(store(), step);
      const login = secretOf("ann", "login", { kind: "refresh", expiresAt: 5 });
      expect(await grows(() => secrets().add(secretOf("ann", "token"), 10))).toBe(true);
      expect(await grows(() => secrets().add(secretOf("bot", "key", { kind: "robot" }), 10))).toBe(true);
      expect(await grows(() => secrets().add(secretOf("nobody", "none"), 10))).toBe(false);
      expect(await grows(() => secrets().add(login, 10))).toBe(false);
      expect(await grows(() => secrets().recordUse("id of token", 5000))).toBe(false);
      expect(await grows(() => secrets().deleteExpired(6, 10))).toBe(false);
      expect(await labelsOf(store(), "ann")).toEqual(["token"]);
      expect(await grows(() => secrets().delete("id of ann", "id of token"))).toBe(true);
      expect(await grows(() => secrets().delete("id of ann", "id of token"))).toBe(false);
    });
  });
}
