// Accounts by id: asked once, remembered until something changed, and never beyond what is known to hold.
import { describe, expect, it } from "vitest";
import { AccountDirectory } from "../../../auth/accounts/account-directory.ts";
import { openAccounts, principalOf, start } from "./open-accounts.ts";

/** The directory on a store that counts what it is asked. */
async function openDirectory() {
  const accounts = await openAccounts();
  const asked: string[] = [];
  const access = {
    accounts: {
      ...accounts.access.accounts,
      findById: (id: string) => {
        asked.push(id);
        return accounts.access.accounts.findById(id);
      },
    },
  };
  return { ...accounts, asked, directory: new AccountDirectory({ ...accounts, access }) };
}

describe("finding an account", () => {
  it("asks the metadata store once, also for one that does not exist", async () => {
    const { users, directory, asked } = await openDirectory();
    const { id } = await users.create({ name: "ada" });
    for (let count = 0; count < 3; count++) {
      expect(await directory.find(id)).toMatchObject({ id, name: "ada" });
      expect(await directory.find("nobody")).toBeUndefined();
    }
    expect(asked).toEqual([id, "nobody"]);
  });

  it("asks again after a change, and after nothing was heard of changes for too long", async () => {
    const { users, directory, asked, clock } = await openDirectory();
    const { id } = await users.create({ name: "ada" });
    await directory.find(id);
    await users.change("ada", { description: "of Ockham" });
    expect(await directory.find(id)).toMatchObject({ description: "of Ockham" });
    expect(asked).toHaveLength(2);
    clock.monotonic += 4001;
    await directory.find(id);
    expect(asked).toHaveLength(2);
  });
});

describe("whether an account is active", () => {
  it("follows disabling, enabling and deleting", async () => {
    const { users, directory } = await openDirectory();
    const ada = principalOf("user", await users.create({ name: "ada" }));
    expect(await directory.isActive(ada)).toBe(true);
    await users.change("ada", { disabled: true });
    expect(await directory.isActive(ada)).toBe(false);
    await users.change("ada", { disabled: false });
    expect(await directory.isActive(ada)).toBe(true);
    await users.delete("ada");
    expect(await directory.isActive(ada)).toBe(false);
    await users.create({ name: "ada" });
    expect(await directory.isActive(ada)).toBe(false);
  });

  it("ends with a robot's validity, though nothing changed", async () => {
    const { robots, directory, clock, asked } = await openDirectory();
    const { robot } = await robots.create({ name: "ci", actions: ["pull"], expiresAt: start + 1000 });
    const ci = principalOf("robot", robot);
    clock.now = start + 999;
    expect(await directory.isActive(ci)).toBe(true);
    clock.now = start + 1000;
    expect(await directory.isActive(ci)).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it("is no for an account of the other kind", async () => {
    const { users, directory } = await openDirectory();
    const ada = await users.create({ name: "ada" });
    expect(await directory.isActive(principalOf("robot", ada))).toBe(false);
  });
});
