// The first administrator: made once, by one process, however many start.
import { describe, expect, it } from "vitest";
import { ensureAdmin } from "../../../auth/accounts/first-admin.ts";
import type { PasswordHasher } from "../../../auth/accounts/passwords.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { openAccounts, plainHasher, type OpenAccounts } from "./open-accounts.ts";
import { expectRefused } from "./refused.ts";

const ensure = (accounts: OpenAccounts, password?: string) => ensureAdmin({ ...accounts, password });

/** Hashes when so many want to at once: by then each of them has found no user. */
function meetingHasher(parties: number): PasswordHasher {
  let arrived = 0;
  let meet = () => {};
  const met = new Promise<void>((resolve) => (meet = resolve));
  const hash = async (password: string) => {
    if (++arrived === parties) meet();
    await met;
    return plainHasher.hash(password);
  };
  return { ...plainHasher, hash };
}

describe("the first administrator", () => {
  it("gets the given password", async () => {
    const accounts = await openAccounts();
    const made = await ensure(accounts, "correct horse");
    expect(made).toEqual({ name: "admin", password: "correct horse", generated: false });
    expect(await accounts.access.accounts.find("admin")).toMatchObject({
      kind: "user",
      systemAdmin: true,
      disabled: false,
      passwordHash: "hash of correct horse",
    });
  });

  it("gets one made up of 144 random bits when none is given", async () => {
    const accounts = await openAccounts();
    const randomBytes = (size: number) => Buffer.alloc(size, 0xfb);
    const made = await ensureAdmin({ ...accounts, password: undefined, randomBytes });
    expect(made).toEqual({ name: "admin", password: "-_v7".repeat(6), generated: true });
    const account = await accounts.access.accounts.find("admin");
    expect(account?.passwordHash).toBe(`hash of ${"-_v7".repeat(6)}`);
  });

  it("is not made where somebody administers already", async () => {
    const accounts = await openAccounts();
    await accounts.users.create({ name: "zoe", systemAdmin: true });
    expect(await ensure(accounts, "correct horse")).toBeUndefined();
    expect(await accounts.access.accounts.find("admin")).toBeUndefined();
  });

  it("is made where there are users and nobody could administer", async () => {
    const accounts = await openAccounts();
    await accounts.users.create({ name: "ada" });
    expect(await ensure(accounts, "correct horse")).toMatchObject({ name: "admin" });
    expect((await accounts.access.accounts.find("admin"))?.systemAdmin).toBe(true);
  });

  it("leaves a user alone who is called admin and is none", async () => {
    const accounts = await openAccounts();
    await accounts.users.create({ name: "admin" });
    expect(await ensure(accounts, "correct horse")).toBeUndefined();
    expect((await accounts.access.accounts.find("admin"))?.systemAdmin).toBe(false);
  });

  it("is not made twice", async () => {
    const accounts = await openAccounts();
    await ensure(accounts, "correct horse");
    expect(await ensure(accounts, "another horse")).toBeUndefined();
    expect((await accounts.access.accounts.find("admin"))?.passwordHash).toBe("hash of correct horse");
  });

  it("is made where there are robots only, unless one has the name", async () => {
    const accounts = await openAccounts();
    await accounts.robots.create({ name: "admin", actions: ["pull"] });
    await expectRefused(accounts, () => ensure(accounts), "taken", /is called admin already/);
    await accounts.robots.delete("admin");
    await accounts.robots.create({ name: "ci", actions: ["pull"] });
    expect(await ensure(accounts)).toMatchObject({ name: "admin" });
  });

  it("is not made with a password that is too short, in a sentence that says so", async () => {
    const accounts = await openAccounts();
    await expectRefused(accounts, () => ensure(accounts, "short"), "invalid", /choose a password of 8/);
  });

  it("is made by one of two processes that start at once, and the other has nothing to show", async () => {
    const path = `${await scratchDirectory()}/berth.sqlite`;
    const hasher = meetingHasher(2);
    const one = await openAccounts({ path, hasher, process: "one " });
    const other = await openAccounts({ path, hasher, process: "other " });
    const results = await Promise.all([ensure(one, "password of one"), ensure(other, "password of other")]);
    const [winner, ...more] = results.filter((result) => result !== undefined);
    expect(more).toEqual([]);
    const account = await one.access.accounts.find("admin");
    expect(account?.passwordHash).toBe(`hash of ${winner?.password}`);
  });
});
