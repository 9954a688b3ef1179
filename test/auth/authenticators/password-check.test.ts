// Whose password counts, and that nobody learns from the work which names there are.
import { describe, expect, it } from "vitest";
import { openLogins, outcomeOf, TestHtpasswd } from "./open-logins.ts";

const wrong = "the name or the password is wrong";

/** ada has a password of her own, bob one in the file, fay both, ci is a robot whose name stands in the file. */
async function openBoth() {
  const htpasswd = new TestHtpasswd();
  htpasswd.set("bob", "of the file");
  htpasswd.set("fay", "of the file");
  htpasswd.set("ci", "of the file");
  const logins = await openLogins({ htpasswd });
  await logins.users.create({ name: "ada", password: "of the account" });
  await logins.users.create({ name: "fay", password: "of the account" });
  await logins.robots.create({ name: "ci", actions: ["pull"] });
  return { ...logins, htpasswd };
}

describe("an htpasswd file beside accounts", () => {
  it.each([
    ["an account that does not stand in the file", "ada", "of the account", "ada: all"],
    ["an account with the wrong password", "ada", "of the file", wrong],
    ["a user of the file without an account", "bob", "of the file", "bob: all"],
    ["a user of the file with the wrong password", "bob", "of the account", wrong],
    ["a user of both, with the file's password", "fay", "of the file", "fay: all"],
    ["a user of both, with the account's password", "fay", "of the account", wrong],
    ["a robot whose name stands in the file", "ci", "of the file", wrong],
    ["nobody", "eve", "of the file", wrong],
  ])("is asked as well: %s", async (_, name, password, outcome) => {
    const { login } = await openBoth();
    expect(outcomeOf(await login(name, password))).toBe(outcome);
  });

  it("makes an account at the first good login, and only then", async () => {
    const { login, access } = await openBoth();
    await login("bob", "wrong");
    expect(await access.accounts.find("bob")).toBeUndefined();
    const answer = await login("bob", "of the file");
    const account = await access.accounts.find("bob");
    expect(account).toMatchObject({
      kind: "user",
      disabled: false,
      systemAdmin: false,
      mayCreateProjects: true,
      passwordHash: undefined,
    });
    expect(answer).toMatchObject({ caller: { principal: { kind: "user", id: account?.id, name: "bob" } } });
    await login("bob", "of the file", { address: "192.0.2.2" });
    expect((await access.accounts.list({ limit: 10 })).entries).toHaveLength(4);
  });

  it("makes one account when many log in at once for the first time, from many addresses", async () => {
    const { login, access } = await openBoth();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => login("bob", "of the file", { address: `192.0.2.${index}` })),
    );
    const account = await access.accounts.find("bob");
    const ids = answers.map((answer) => answer.outcome === "accepted" && answer.caller.principal);
    expect(ids).toEqual(Array(20).fill({ kind: "user", id: account?.id, name: "bob" }));
  });

  it("makes nobody of a robot that takes the name while the password is checked", async () => {
    const { login, htpasswd, robots } = await openBoth();
    htpasswd.verify = async () => {
      await robots.create({ name: "bob", actions: ["pull"] });
      return true;
    };
    expect(outcomeOf(await login("bob", "of the file"))).toBe(wrong);
  });

  it("counts as it is now: what was remembered of the entry before is forgotten", async () => {
    const { login, htpasswd } = await openBoth();
    expect(outcomeOf(await login("fay", "of the file"))).toBe("fay: all");
    htpasswd.set("fay", "another");
    expect(outcomeOf(await login("fay", "of the file"))).toBe(wrong);
    expect(outcomeOf(await login("fay", "another"))).toBe("fay: all");
    htpasswd.set("fay", undefined);
    expect(outcomeOf(await login("fay", "another"))).toBe(wrong);
    expect(outcomeOf(await login("fay", "of the account"))).toBe("fay: all");
  });

  it("does not let a disabled account in", async () => {
    const { login, users } = await openBoth();
    await users.change("fay", { disabled: true });
    expect(outcomeOf(await login("fay", "of the file"))).toBe(
      "the user fay is disabled: ask an administrator",
    );
  });
});

describe("the work for a wrong password", () => {
  const names = ["ada", "bob", "fay", "ci", "eve", ""];

  it.each(names)("is one check of each kind for %j, whatever it is the name of", async (name) => {
    const { login, verified, htpasswd } = await openBoth();
    expect(outcomeOf(await login(name, "wrong horse"))).toBe(wrong);
    expect(verified).toHaveLength(1);
    expect(htpasswd.verified).toEqual([name]);
  });

  it.each(names)("is one check for %j where there is no file", async (name) => {
    const { login, verified, users, robots } = await openLogins();
    await users.create({ name: "ada", password: "of the account" });
    await users.create({ name: "bob" });
    await robots.create({ name: "ci", actions: ["pull"] });
    expect(outcomeOf(await login(name, "wrong horse"))).toBe(wrong);
    expect(verified).toHaveLength(1);
  });

  it("is none for what is longer than any password, whoever the name is", async () => {
    const { login, verified, htpasswd } = await openBoth();
    for (const name of names) expect(outcomeOf(await login(name, "x".repeat(257)))).toBe(wrong);
    expect([verified, htpasswd.verified]).toEqual([[], []]);
  });
});
