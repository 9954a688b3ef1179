// The contract of the audit trail.
import { describe, expect, test } from "vitest";
import type { AuditRecord } from "../../storage/metadata/access-records.ts";
import type { AuditQuery } from "../../storage/metadata/access-store.ts";
import { raisesRevision } from "./metadata-store-access-fixture.ts";
import type { CurrentStore } from "./metadata-store-fixture.ts";

function entryOf(target: string, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    at: 1000,
    actor: "ann",
    action: "login",
    target,
    outcome: "allowed",
    detail: `about ${target}`,
    address: "192.0.2.1",
    requestId: `request for ${target}`,
    ...more,
  };
}

const range = (length: number) => Array.from({ length }, (_, index) => index);

export function auditContract(store: CurrentStore): void {
  const audit = () => store().access.audit;
  const targets = async (query: Partial<AuditQuery> = {}) =>
    (await audit().list({ limit: 1000, ...query })).entries.map((entry) => entry.target);

  describe("the audit trail", () => {
    test("gives entries as they were appended, newest first", async () => {
      expect(await audit().list({ limit: 10 })).toEqual({ entries: [], more: false });
      const first = entryOf("first");
      const local = { actor: "cli:root", address: undefined, requestId: undefined, detail: "" };
      const second = entryOf("second", { ...local, outcome: "failed", at: 500 });
      await audit().append([first]);
      await audit().append([second]);
      const { entries, more } = await audit().list({ limit: 10 });
      expect(more).toBe(false);
      expect(entries).toEqual([
        { ...second, id: entries[0]?.id },
        { ...first, id: entries[1]?.id },
      ]);
      expect(entries[0]?.id).toBeGreaterThan(entries[1]?.id ?? Infinity);
    });

    test("keeps the order of entries that came together, however many", async () => {
      await audit().append([]);
      expect(await targets()).toEqual([]);
      await audit().append(range(250).map((index) => entryOf(`${index}`)));
      expect(await targets()).toEqual(
        range(250)
          .reverse()
          .map((index) => `${index}`),
      );
    });

    test("is read in pages, each entry once, whatever is appended meanwhile", async () => {
      await audit().append(range(10).map((index) => entryOf(`${index}`)));
      const seen: string[] = [];
      for (let before: number | undefined, more = true; more;) {
        const page = await audit().list({ limit: 3, before });
        expect(page.entries.length).toBeLessThanOrEqual(3);
        seen.push(...page.entries.map((entry) => entry.target));
        before = page.entries.at(-1)?.id;
        more = page.more;
        await audit().append([entryOf("meanwhile")]);
      }
      expect(seen).toEqual(["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]);
    });

    test("is read by actor, action and outcome, alone and together", async () => {
      await audit().append([
        entryOf("0"),
        entryOf("1", { actor: "bob" }),
        entryOf("2", { action: "user.create" }),
        entryOf("3", { outcome: "refused" }),
        entryOf("4", { actor: "bob", outcome: "refused" }),
        entryOf("5", { actor: "bob", action: "user.create", outcome: "refused" }),
      ]);
      const rows: [Partial<AuditQuery>, string[]][] = [
        [{}, ["5", "4", "3", "2", "1", "0"]],
        [{ actor: "bob" }, ["5", "4", "1"]],
        [{ action: "user.create" }, ["5", "2"]],
        [{ outcome: "refused" }, ["5", "4", "3"]],
        [{ actor: "bob", outcome: "refused" }, ["5", "4"]],
        [{ actor: "bob", action: "login" }, ["4", "1"]],
        [{ action: "login", outcome: "refused" }, ["4", "3"]],
        [{ actor: "bob", action: "user.create", outcome: "refused" }, ["5"]],
        [{ actor: "bob", action: "user.create", outcome: "allowed" }, []],
        [{ actor: "nobody" }, []],
        [{ actor: undefined, action: undefined, outcome: undefined }, ["5", "4", "3", "2", "1", "0"]],
      ];
      for (const [query, expected] of rows) expect([query, await targets(query)]).toEqual([query, expected]);
      const page = await audit().list({ actor: "bob", limit: 2 });
      expect(page).toMatchObject({ entries: [{ target: "5" }, { target: "4" }], more: true });
      expect(await targets({ actor: "bob", before: page.entries[1]?.id })).toEqual(["1"]);
    });

    test("loses the oldest of what is older than a moment, at most so many at once", async () => {
      await audit().append([400, 100, 200, 300, 500].map((at) => entryOf(`at ${at}`, { at })));
      expect(await audit().prune(100, 10)).toBe(0);
      expect(await audit().prune(401, 3)).toBe(3);
      expect(await targets()).toEqual(["at 500", "at 400"]);
      expect(await audit().prune(401, 3)).toBe(1);
      expect(await audit().prune(401, 3)).toBe(0);
      expect(await targets()).toEqual(["at 500"]);
    });

    test("never gives the id of an entry that went to another", async () => {
      await audit().append([entryOf("old")]);
      const [old] = (await audit().list({ limit: 1 })).entries;
      await audit().prune(Number.MAX_SAFE_INTEGER, 10);
      await audit().append([entryOf("new")]);
      const [added] = (await audit().list({ limit: 1 })).entries;
      expect(added?.id).toBeGreaterThan(old?.id ?? Infinity);
    });

    test("takes no right away: the revision stays", async () => {
      expect(await raisesRevision(store(), () => audit().append([entryOf("x")]))).toBe(false);
      expect(await raisesRevision(store(), () => audit().prune(2000, 10))).toBe(false);
    });
  });
}
