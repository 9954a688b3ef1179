// Users as the admin API and the command line make, change and remove them.
import { describe, expect, it } from "vitest";
import type { AccessErrorCode } from "../../../auth/access-error.ts";
import type { NewUser, UserChange } from "../../../auth/accounts/users.ts";
import { openAccounts, start } from "./open-accounts.ts";
import { expectRefused } from "./refused.ts";

const password = "correct horse";

async function openWithAdmin() {
  const accounts = await openAccounts();
  await accounts.users.create({ name: "root", password, systemAdmin: true });
  await accounts.users.create({ name: "ada", password });
  await accounts.robots.create({ name: "ci", actions: ["pull"] });
  return accounts;
}

describe("making a user", () => {
  it.each<[string, NewUser, object]>([
    ["a plain one", { name: "eve" }, { systemAdmin: false, mayCreateProjects: true, hasPassword: false }],
    ["one with a password", { name: "eve", password }, { hasPassword: true }],
    ["an administrator", { name: "eve", systemAdmin: true }, { systemAdmin: true }],
    ["one who makes no projects", { name: "eve", mayCreateProjects: false }, { mayCreateProjects: false }],
    ["a described one", { name: "eve", description: "Eve, of sales" }, { description: "Eve, of sales" }],
    ["the shortest name", { name: "e1" }, { name: "e1" }],
    ["the longest name", { name: "e".repeat(64) }, { name: "e".repeat(64) }],
    ["every kind of character", { name: "0e.v-e_9" }, { name: "0e.v-e_9" }],
  ])("makes %s", async (_, user, expected) => {
    const { users } = await openAccounts();
    const made = await users.create(user);
    expect(made).toMatchObject({ disabled: false, createdAt: start, ...expected });
    expect(await users.get(user.name)).toEqual(made);
  });

  it.each<[string, NewUser, AccessErrorCode, RegExp]>([
    ["a name of one character", { name: "e" }, "invalid", /choose a name of 2 to 64/],
    ["a name of 65", { name: "e".repeat(65) }, "invalid", /choose a name/],
    ["a name with capitals", { name: "Eve" }, "invalid", /choose a name/],
    ["a name with a slash", { name: "e/ve" }, "invalid", /choose a name/],
    ["a name with a colon, which Basic could not carry", { name: "e:ve" }, "invalid", /choose a name/],
    ["a name with a blank", { name: "e ve" }, "invalid", /choose a name/],
    ["a name that ends in a line end", { name: "eve\n" }, "invalid", /choose a name/],
    ["a name that begins with a dot", { name: ".eve" }, "invalid", /beginning with a letter or a digit/],
    ["a name with an umlaut", { name: "ève" }, "invalid", /choose a name/],
    ["no name", { name: "" }, "invalid", /choose a name/],
    ["a user's name again", { name: "ada" }, "taken", /is called ada already: choose another/],
    ["a robot's name", { name: "ci" }, "taken", /is called ci already/],
    ["a short password", { name: "eve", password: "1234567" }, "invalid", /choose a password of 8/],
    ["an empty password", { name: "eve", password: "" }, "invalid", /choose a password/],
    ["a long description", { name: "eve", description: "e".repeat(1001) }, "invalid", /at most 1000/],
    ["a description of two lines", { name: "eve", description: "a\nb" }, "invalid", /in one line/],
  ])("refuses %s", async (_, user, code, sentence) => {
    const accounts = await openWithAdmin();
    await expectRefused(accounts, () => accounts.users.create(user), code, sentence);
  });

  it("tells nobody a hash, whatever is asked", async () => {
    const { users } = await openWithAdmin();
    const answers = [
      await users.create({ name: "eve", password }),
      await users.get("ada"),
      await users.change("ada", { description: "countess" }),
      await users.list({ limit: 10 }),
    ];
    expect(JSON.stringify(answers)).not.toMatch(/hash of|passwordHash/);
  });

  it("lets one of two have a name that both want at once", async () => {
    const { users } = await openAccounts();
    const results = await Promise.allSettled([
      users.create({ name: "eve", description: "first" }),
      users.create({ name: "eve", description: "second" }),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});

describe("changing a user", () => {
  it.each<[UserChange, object]>([
    [{ description: "countess" }, { description: "countess" }],
    [{ disabled: true }, { disabled: true }],
    [{ systemAdmin: true }, { systemAdmin: true }],
    [{ mayCreateProjects: false }, { mayCreateProjects: false }],
    [{ description: "x", disabled: undefined, systemAdmin: undefined }, { description: "x" }],
    [{}, {}],
  ])("%j changes that and nothing else", async (change, expected) => {
    const { users } = await openWithAdmin();
    const before = await users.get("ada");
    expect(await users.change("ada", change)).toEqual({ ...before, ...expected });
    expect(await users.get("ada")).toEqual({ ...before, ...expected });
  });

  it("sets a password, and a new one in its place", async () => {
    const { users, access } = await openWithAdmin();
    await users.setPassword("ada", "battery staple");
    expect((await access.accounts.find("ada"))?.passwordHash).toBe("hash of battery staple");
  });

  it.each<[string, UserChange | "delete" | string[], AccessErrorCode, RegExp]>([
    ["nobody", {}, "unknown", /there is no user called nobody$/],
    ["nobody", "delete", "unknown", /there is no user called nobody$/],
    ["nobody", [password], "unknown", /there is no user called nobody$/],
    ["ci", { disabled: true }, "unknown", /no user called ci: that is the name of a robot/],
    ["ci", "delete", "unknown", /no user called ci: that is the name of a robot/],
    ["ci", [password], "unknown", /no user called ci/],
    ["ada", { description: "a\u0000b" }, "invalid", /in one line/],
    ["ada", ["short"], "invalid", /choose a password of 8/],
    ["root", { disabled: true }, "needed", /root is the last system administrator: make another/],
    ["root", { systemAdmin: false }, "needed", /root is the last system administrator/],
    ["root", "delete", "needed", /root is the last system administrator/],
  ])("refuses for %s: %j", async (name, change, code, sentence) => {
    const accounts = await openWithAdmin();
    const { users } = accounts;
    const call = () => {
      if (change === "delete") return users.delete(name);
      return Array.isArray(change) ? users.setPassword(name, change[0] ?? "") : users.change(name, change);
    };
    await expectRefused(accounts, call, code, sentence);
  });

  it("lets the last administrator go once there is another who counts", async () => {
    const accounts = await openWithAdmin();
    const { users } = accounts;
    await users.change("ada", { systemAdmin: true, disabled: true });
    await expectRefused(accounts, () => users.delete("root"), "needed", /last system administrator/);
    await users.change("ada", { disabled: false });
    await users.delete("root");
    expect((await users.list({ limit: 10 })).entries.map((user) => user.name)).toEqual(["ada"]);
  });

  it("of two administrators who remove each other at once one stays", async () => {
    const { users } = await openWithAdmin();
    await users.change("ada", { systemAdmin: true });
    const results = await Promise.allSettled([
      users.delete("root"),
      users.change("ada", { systemAdmin: false }),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    const { entries } = await users.list({ limit: 10 });
    expect(entries.filter((user) => user.systemAdmin)).toHaveLength(1);
  });
});

describe("listing users", () => {
  it("goes page by page, without robots", async () => {
    const { users, robots } = await openAccounts();
    for (const name of ["cy", "ada", "bob"]) await users.create({ name });
    await robots.create({ name: "bot", actions: ["pull"] });
    const first = await users.list({ limit: 2 });
    expect(first).toMatchObject({ entries: [{ name: "ada" }, { name: "bob" }], more: true });
    expect(await users.list({ limit: 2, after: "bob" })).toMatchObject({
      entries: [{ name: "cy" }],
      more: false,
    });
  });
});

describe("every change", () => {
  it("is seen at once by this process", async () => {
    const { users, revision, access } = await openWithAdmin();
    const steps = [
      () => users.create({ name: "eve" }),
      () => users.change("eve", { disabled: true }),
      () => users.setPassword("eve", password),
      () => users.delete("eve"),
    ];
    for (const step of steps) {
      const before = revision.current;
      await step();
      expect(revision.current).toBe(await access.revision());
      expect(revision.current).not.toBe(before);
    }
  });
});
