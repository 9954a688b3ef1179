// What must hold of accounts and projects however calls interleave: all of them are in flight at once here.
import { describe, expect, test } from "vitest";
import {
  adminOf,
  groupOf,
  labelsOf,
  memberOf,
  projectOf,
  robotOf,
  secretOf,
  userOf,
} from "./metadata-store-access-fixture.ts";
import { manifestOf, type CurrentStore } from "./metadata-store-fixture.ts";

const range = (length: number) => Array.from({ length }, (_, index) => index);

export function accessRacesContract(store: CurrentStore): void {
  describe("at once", () => {
    test("of 20 creations of one name exactly one wins, and what is found is the winner's", async () => {
      const { accounts, projects, groups } = store().access;
      for (const id of range(20)) await accounts.create(userOf(`owner ${id}`));
      const kinds = {
        accounts: (id: string) => accounts.create(userOf("same", { id })),
        projects: (id: string) => projects.create(projectOf("same", { id }), `id of owner ${id}`),
        groups: (id: string) => groups.create({ ...groupOf("same"), id }),
      };
      for (const [kind, create] of Object.entries(kinds)) {
        const results = await Promise.all(range(20).map((id) => create(`${id}`)));
        expect(results.filter((result) => result === "created")).toHaveLength(1);
        const winner = `${results.indexOf("created")}`;
        expect(await store().access[kind as keyof typeof kinds].find("same")).toMatchObject({ id: winner });
        if (kind !== "projects") continue;
        const members = (await store().access.members.list("same", { limit: 30 })).entries;
        expect(members).toEqual([memberOf(`owner ${winner}`, "maintainer")]);
      }
    });

    test.each(["demote", "disable", "delete"] as const)(
      "of two administrators who %s each other exactly one is refused",
      async (what) => {
        const { accounts } = store().access;
        const ways = {
          demote: (id: string) => accounts.change(id, { systemAdmin: false }),
          disable: (id: string) => accounts.change(id, { disabled: true }),
          delete: (id: string) => accounts.delete(id),
        };
        for (const name of ["x", "y"]) await accounts.create(adminOf(name));
        const outcomes = await Promise.all([ways[what]("id of x"), ways[what]("id of y")]);
        expect(outcomes.sort()).toEqual(["changed", "last-admin"]);
        const left = (await accounts.list({ limit: 10 })).entries;
        expect(left.filter((account) => account.systemAdmin && !account.disabled)).toHaveLength(1);
      },
    );

    test("a secret is not left behind by the account that it was added to", async () => {
      for (const index of range(20)) {
        await store().access.accounts.create(userOf("ann"));
        const secret = secretOf("ann", `token ${index}`);
        const calls = [
          () => store().access.secrets.add(secret, 10),
          () => store().access.accounts.delete("id of ann"),
        ];
        if (index % 2 === 1) calls.reverse();
        await Promise.all(calls.map((call) => call()));
        expect(await store().access.secrets.findByHash(secret.hash)).toBeUndefined();
        expect(await labelsOf(store(), "ann")).toEqual([]);
      }
    });

    test("of 20 logins with room for 3 the account keeps 3", async () => {
      await store().access.accounts.create(userOf("ann"));
      const logins = range(20).map((index) =>
        secretOf("ann", `login ${index}`, { kind: "refresh", createdAt: index }),
      );
      await Promise.all(logins.map((login) => store().access.secrets.add(login, 3)));
      expect(await labelsOf(store(), "ann")).toHaveLength(3);
    });

    test("a project is not deleted from under a repository or a robot that just came", async () => {
      const { accounts, projects } = store().access;
      for (const index of range(20)) {
        const name = `p${index}`;
        await projects.create(projectOf(name));
        const calls: (() => Promise<unknown>)[] = [
          () => store().manifests.commit(manifestOf(`${name}/app`, "image")),
          () => projects.delete(name, "library"),
          () => accounts.create(robotOf(`robot ${index}`, { project: name })),
        ];
        if (index % 2 === 1) calls.reverse();
        await Promise.all(calls.map((call) => call()));
        const there = (await projects.find(name)) !== undefined;
        expect((await accounts.find(`robot ${index}`)) !== undefined).toBe(there);
      }
    });

    test("every change raises the revision by itself", async () => {
      const before = await store().access.revision();
      await Promise.all(range(20).map((id) => store().access.accounts.create(userOf(`user ${id}`))));
      expect(await store().access.revision()).toBe(before + 20);
    });
  });
}
