// The contract of groups of accounts.
import { beforeEach, describe, expect, test } from "vitest";
import { groupOf, memberOf, projectOf, raisesRevision, userOf } from "./metadata-store-access-fixture.ts";
import type { CurrentStore } from "./metadata-store-fixture.ts";

export function groupsContract(store: CurrentStore): void {
  const groups = () => store().access.groups;
  const accountsOf = async (group: string) => (await groups().listAccounts(group, { limit: 100 })).entries;

  describe("a group", () => {
    test("is found by name, and has its name to itself among groups", async () => {
      await store().access.accounts.create(userOf("devs"));
      expect(await groups().create(groupOf("devs"))).toBe("created");
      expect(await groups().create({ ...groupOf("devs"), id: "another" })).toBe("taken");
      expect(await groups().find("devs")).toEqual(groupOf("devs"));
      expect(await groups().find("nothing")).toBeUndefined();
    });

    test("is listed by name, in pages that go on after a name", async () => {
      for (const name of ["c", "a", "b"]) await groups().create(groupOf(name));
      expect(await groups().list({ limit: 2 })).toEqual({
        entries: [groupOf("a"), groupOf("b")],
        more: true,
      });
      expect(await groups().list({ limit: 2, after: "b" })).toEqual({ entries: [groupOf("c")], more: false });
    });
  });

  describe("the accounts of a group", () => {
    beforeEach(async () => {
      // the order of ids is not that of names
      await groups().create({ ...groupOf("devs"), id: "z" });
      await groups().create({ ...groupOf("leads"), id: "y" });
      await store().access.accounts.create(userOf("ben", { id: "a" }));
      for (const name of ["ann", "cyd"]) await store().access.accounts.create(userOf(name));
    });

    test("are in it once, and may be in many", async () => {
      expect(await groups().addAccount("leads", "ann")).toBe("added");
      for (const name of ["cyd", "ann", "ben", "ann"]) {
        expect(await groups().addAccount("devs", name)).toBe("added");
      }
      expect(await accountsOf("devs")).toEqual(["ann", "ben", "cyd"]);
      expect(await groups().listAccounts("devs", { limit: 2 })).toEqual({
        entries: ["ann", "ben"],
        more: true,
      });
      const rest = await groups().listAccounts("devs", { limit: 2, after: "ben" });
      expect(rest).toEqual({ entries: ["cyd"], more: false });
      expect(await groups().groupsOf("id of ann")).toEqual(["devs", "leads"]);
      expect(await groups().groupsOf("a")).toEqual(["devs"]);
      expect(await groups().groupsOf("nobody")).toEqual([]);
      expect(await accountsOf("nothing")).toEqual([]);
    });

    test("must exist, and so must the group", async () => {
      expect(await groups().addAccount("nothing", "ann")).toBe("no-group");
      expect(await groups().addAccount("devs", "nobody")).toBe("no-account");
      expect(await accountsOf("devs")).toEqual([]);
    });

    test("are removed from that group and no other; an absent one is false", async () => {
      for (const group of ["devs", "leads"])
        for (const name of ["ann", "ben"]) await groups().addAccount(group, name);
      expect(await groups().removeAccount("devs", "ann")).toBe(true);
      expect(await groups().removeAccount("devs", "ann")).toBe(false);
      expect(await groups().removeAccount("devs", "nobody")).toBe(false);
      expect(await groups().removeAccount("nothing", "ann")).toBe(false);
      expect(await accountsOf("devs")).toEqual(["ben"]);
      expect(await accountsOf("leads")).toEqual(["ann", "ben"]);
    });

    test("stay when the group goes, without the roles that they had by it", async () => {
      await store().access.projects.create(projectOf("team"));
      for (const group of ["devs", "leads"]) {
        await groups().addAccount(group, "ann");
        await store().access.members.set("team", memberOf(group, "developer", "group"));
      }
      expect(await groups().delete("devs")).toBe(true);
      expect(await groups().delete("devs")).toBe(false);
      expect(await groups().find("devs")).toBeUndefined();
      expect(await store().access.accounts.find("ann")).toEqual(userOf("ann"));
      expect(await groups().groupsOf("id of ann")).toEqual(["leads"]);
      await groups().delete("leads");
      expect(await store().access.accounts.rolesOf("id of ann")).toEqual([]);
    });
  });

  test("the access revision grows with every change of a group, and with no attempt", async () => {
    const grows = (step: () => Promise<unknown>) => raisesRevision(store(), step);
    await store().access.accounts.create(userOf("ann"));
    expect(await grows(() => groups().create(groupOf("devs")))).toBe(true);
    expect(await grows(() => groups().create({ ...groupOf("devs"), id: "other" }))).toBe(false);
    expect(await grows(() => groups().addAccount("devs", "ann"))).toBe(true);
    expect(await grows(() => groups().addAccount("devs", "nobody"))).toBe(false);
    expect(await grows(() => groups().removeAccount("devs", "ann"))).toBe(true);
    expect(await grows(() => groups().removeAccount("devs", "ann"))).toBe(false);
    expect(await grows(() => groups().delete("devs"))).toBe(true);
    expect(await grows(() => groups().delete("devs"))).toBe(false);
  });
}
