// Groups as the admin API makes, fills and removes them.
import { describe, expect, it } from "vitest";
import type { AccessErrorCode } from "../../../auth/access-error.ts";
import type { NewGroup } from "../../../auth/accounts/groups.ts";
import { openAccounts, start } from "./open-accounts.ts";
import { expectRefused } from "./refused.ts";

async function openWithGroup() {
  const accounts = await openAccounts();
  for (const name of ["cy", "ada", "bob"]) await accounts.users.create({ name });
  await accounts.robots.create({ name: "ci", actions: ["pull"] });
  await accounts.groups.create({ name: "crew" });
  return accounts;
}

describe("making a group", () => {
  it("makes it, and gives it by name and in pages", async () => {
    const { groups } = await openWithGroup();
    const made = await groups.create({ name: "aces", description: "the best" });
    expect(made).toMatchObject({ name: "aces", description: "the best", createdAt: start });
    expect(await groups.get("aces")).toEqual(made);
    expect(await groups.list({ limit: 1 })).toEqual({ entries: [made], more: true });
    const next = await groups.list({ limit: 1, after: "aces" });
    expect(next).toMatchObject({ entries: [{ name: "crew", description: "" }], more: false });
  });

  it("may take the name of an account, which is another space", async () => {
    const { groups } = await openWithGroup();
    expect(await groups.create({ name: "ada" })).toMatchObject({ name: "ada" });
  });

  it.each<[string, NewGroup, AccessErrorCode, RegExp]>([
    ["a name that is taken", { name: "crew" }, "taken", /there is a group called crew already/],
    ["a name of one character", { name: "c" }, "invalid", /choose a name of 2 to 64/],
    ["a name with capitals", { name: "Crew" }, "invalid", /choose a name/],
    ["a name with a colon, by which pages of members go", { name: "a:b" }, "invalid", /choose a name/],
    ["a long description", { name: "aces", description: "x".repeat(1001) }, "invalid", /at most 1000/],
  ])("refuses %s", async (_, group, code, sentence) => {
    const accounts = await openWithGroup();
    await expectRefused(accounts, () => accounts.groups.create(group), code, sentence);
  });
});

describe("the accounts of a group", () => {
  it("come, are listed in pages, and go", async () => {
    const { groups } = await openWithGroup();
    for (const name of ["cy", "ada", "bob", "ada"]) await groups.addAccount("crew", name);
    expect(await groups.listAccounts("crew", { limit: 2 })).toEqual({ entries: ["ada", "bob"], more: true });
    await groups.removeAccount("crew", "ada");
    expect(await groups.listAccounts("crew", { limit: 2 })).toEqual({ entries: ["bob", "cy"], more: false });
  });

  it("are users alone, of groups that are there", async () => {
    const accounts = await openWithGroup();
    const { groups } = accounts;
    const refusals: [() => Promise<unknown>, RegExp][] = [
      [() => groups.addAccount("none", "ada"), /there is no group called none/],
      [() => groups.addAccount("crew", "nobody"), /there is no user called nobody/],
      [() => groups.addAccount("crew", "ci"), /no user called ci: that is the name of a robot/],
      [() => groups.removeAccount("none", "ada"), /there is no group called none/],
      [() => groups.removeAccount("crew", "ada"), /ada is not in the group crew/],
      [() => groups.listAccounts("none", { limit: 1 }), /there is no group called none/],
      [() => groups.get("none"), /there is no group called none/],
      [() => groups.delete("none"), /there is no group called none/],
    ];
    for (const [call, sentence] of refusals) await expectRefused(accounts, call, "unknown", sentence);
  });
});

describe("every change", () => {
  it("is seen at once by this process", async () => {
    const { groups, revision, access } = await openWithGroup();
    const steps = [
      () => groups.create({ name: "aces" }),
      () => groups.addAccount("aces", "ada"),
      () => groups.removeAccount("aces", "ada"),
      () => groups.delete("aces"),
    ];
    for (const step of steps) {
      const before = revision.current;
      await step();
      expect(revision.current).toBe(await access.revision());
      expect(revision.current).not.toBe(before);
    }
  });
});
