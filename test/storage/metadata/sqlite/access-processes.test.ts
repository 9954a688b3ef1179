// Accounts and projects in a file: kept when it is closed, and the same for two processes that share it.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MetadataStore } from "../../../../storage/metadata/metadata-store.ts";
import {
  adminOf,
  groupOf,
  labelsOf,
  memberOf,
  projectOf,
  robotOf,
  secretOf,
  userOf,
} from "../../../contracts/metadata-store-access-fixture.ts";
import type { TestDatabase } from "../../../contracts/metadata-store-fixture.ts";
import { fileDatabase } from "../sqlite-databases.ts";

const range = (length: number) => Array.from({ length }, (_, index) => index);

describe("accounts in a SQLite file", () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await fileDatabase();
  });
  afterEach(() => database.dispose());

  async function withTwo(use: (one: MetadataStore, two: MetadataStore) => Promise<void>): Promise<void> {
    const [one, two] = [await database.open(), await database.open()];
    try {
      await use(one, two);
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
  }

  test("are there when it is opened again, and the revision goes on where it was", async () => {
    const first = await database.open();
    const { accounts, groups, members, projects, secrets } = first.access;
    const robot = robotOf("bot", { project: "team", expiresAt: 9000 });
    const token = secretOf("ann", "token", { actions: ["pull"], expiresAt: 8000 });
    await projects.create(projectOf("team", { public: true }));
    for (const account of [userOf("ann"), robot]) await accounts.create(account);
    await secrets.add(token, 10);
    await groups.create(groupOf("devs"));
    await groups.addAccount("devs", "ann");
    await members.set("team", memberOf("devs", "developer", "group"));
    const revision = await first.access.revision();
    await first.close();

    const second = await database.open();
    expect(await second.access.accounts.find("bot")).toEqual(robot);
    expect(await second.access.secrets.findByHash(token.hash)).toEqual({
      secret: token,
      account: userOf("ann"),
    });
    expect(await second.access.projects.find("team")).toEqual(projectOf("team", { public: true }));
    expect(await second.access.accounts.rolesOf("id of ann")).toEqual([
      { project: "team", role: "developer" },
    ]);
    expect(await second.access.revision()).toBe(revision);
    await second.access.groups.delete("devs");
    expect(await second.access.revision()).toBe(revision + 1);
    await second.close();
  });

  test("tell every process by the revision that a right may have gone", () =>
    withTwo(async (one, two) => {
      await one.access.accounts.create(userOf("ann"));
      await one.access.secrets.add(secretOf("ann", "token"), 10);
      for (const change of [
        () => one.access.secrets.delete("id of ann", "id of token"),
        () => one.access.accounts.change("id of ann", { disabled: true }),
        () => one.access.accounts.delete("id of ann"),
      ]) {
        const before = await two.access.revision();
        await change();
        expect(await two.access.revision()).toBe(before + 1);
      }
      expect(await two.access.accounts.find("ann")).toBeUndefined();
    }));

  test("keep an administrator when two processes demote the two that there are", () =>
    withTwo(async (one, two) => {
      for (const name of ["x", "y"]) await one.access.accounts.create(adminOf(name));
      const outcomes = await Promise.all([
        one.access.accounts.change("id of x", { systemAdmin: false }),
        two.access.accounts.delete("id of y"),
      ]);
      expect(outcomes.sort()).toEqual(["changed", "last-admin"]);
    }));

  test("of one name are created by exactly one of two processes", () =>
    withTwo(async (one, two) => {
      const results = await Promise.all(
        range(20).map((id) =>
          (id % 2 === 0 ? one : two).access.accounts.create(userOf("ann", { id: `${id}` })),
        ),
      );
      expect(results.filter((result) => result === "created")).toHaveLength(1);
      const winner = `${results.indexOf("created")}`;
      expect(await one.access.accounts.find("ann")).toMatchObject({ id: winner });
      expect(await labelsOf(two, "ann")).toEqual([]);
    }));

  test("adopt each project once, however many processes start", () =>
    withTwo(async (one, two) => {
      await Promise.all([
        one.access.projects.adopt("library", () => "of one", 1000),
        two.access.projects.adopt("library", () => "of two", 1000),
      ]);
      const listed = await one.access.projects.list({ limit: 10, visibility: { kind: "all" } });
      expect(listed.entries).toHaveLength(1);
    }));
});
