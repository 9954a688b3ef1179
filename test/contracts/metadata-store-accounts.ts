// The contract of accounts: names, changes, what goes with an account, and that somebody can always administer.
import { describe, expect, test } from "vitest";
import type { AccountChange } from "../../storage/metadata/access-store.ts";
import {
  adminOf,
  groupOf,
  labelsOf,
  memberOf,
  projectOf,
  raisesRevision,
  robotOf,
  secretOf,
  userOf,
} from "./metadata-store-access-fixture.ts";
import { uploadOf, type CurrentStore } from "./metadata-store-fixture.ts";

export function accountsContract(store: CurrentStore): void {
  const accounts = () => store().access.accounts;

  describe("an account", () => {
    test("is found by name and by id with all that it was created with", async () => {
      const full = userOf("ann", {
        mayCreateProjects: true,
        systemAdmin: true,
        disabled: true,
        expiresAt: 5,
        actions: ["pull"],
      });
      await store().access.projects.create(projectOf("team"));
      const robot = robotOf("builder", { project: "team", expiresAt: 9000 });
      for (const account of [
        full,
        userOf("ben", { passwordHash: undefined }),
        robot,
        robotOf("everywhere"),
      ]) {
        expect(await accounts().create(account)).toBe("created");
        expect(await accounts().find(account.name)).toEqual(account);
        expect(await accounts().findById(account.id)).toEqual(account);
      }
      expect(await accounts().find("id of ann")).toBeUndefined();
      expect(await accounts().findById("ann")).toBeUndefined();
    });

    test("has its name to itself, among users and robots alike", async () => {
      await accounts().create(userOf("ann"));
      expect(await accounts().create(robotOf("ann", { id: "another" }))).toBe("taken");
      expect(await accounts().find("ann")).toEqual(userOf("ann"));
      expect(await accounts().create(userOf("Ann"))).toBe("created");
    });

    test("of a project that does not exist is not created", async () => {
      expect(await accounts().create(robotOf("builder", { project: "team" }))).toBe("no-project");
      expect(await accounts().find("builder")).toBeUndefined();
    });

    test("changes in what the change names and in nothing else", async () => {
      const before = userOf("ann");
      await accounts().create(before);
      await accounts().create(userOf("ben"));
      await accounts().create(adminOf("root"));
      const changes: AccountChange[] = [
        { description: "somebody" },
        { disabled: true },
        { disabled: false },
        { mayCreateProjects: true },
        { systemAdmin: true },
        { passwordHash: "another" },
        { passwordHash: undefined },
        { actions: ["pull", "delete"] },
        { expiresAt: 7000 },
        { expiresAt: undefined },
        {},
      ];
      let expected = before;
      for (const change of changes) {
        expected = { ...expected, ...change };
        expect(await accounts().change("id of ann", change)).toBe("changed");
        expect(await accounts().find("ann")).toEqual(expected);
      }
      expect(await accounts().find("ben")).toEqual(userOf("ben"));
    });

    test("that is absent cannot be changed or deleted", async () => {
      expect(await accounts().change("nobody", { disabled: true })).toBe("absent");
      expect(await accounts().delete("nobody")).toBe("absent");
    });

    test("loses its refresh secrets, and no others, with its password", async () => {
      for (const name of ["ann", "ben"]) {
        await accounts().create(userOf(name));
        await store().access.secrets.add(secretOf(name, `${name}'s token`), 10);
        await store().access.secrets.add(secretOf(name, `${name}'s login`, { kind: "refresh" }), 10);
      }
      await accounts().change("id of ann", { description: "no new password" });
      await accounts().change("id of ann", { passwordHash: "password of ann" });
      expect(await labelsOf(store(), "ann")).toHaveLength(2);
      await accounts().change("id of ann", { passwordHash: "another" });
      expect(await labelsOf(store(), "ann")).toEqual(["ann's token"]);
      expect(await labelsOf(store(), "ben")).toHaveLength(2);
    });

    test("loses its refresh secrets also when it loses its password for good", async () => {
      await accounts().create(userOf("ann"));
      await store().access.secrets.add(secretOf("ann", "login", { kind: "refresh" }), 10);
      await accounts().change("id of ann", { passwordHash: undefined });
      expect(await labelsOf(store(), "ann")).toEqual([]);
    });

    test("that is disabled loses its upload sessions, not one that is changed otherwise", async () => {
      await accounts().create(userOf("ann"));
      await accounts().create(robotOf("bot"));
      for (const owner of ["user:id of ann", "robot:id of bot", "user:id of bot", ""])
        await store().uploads.start({ ...uploadOf(`of ${owner}`, "a"), owner });
      const left = async () => {
        const uploads = await store().uploads.listExpired(Number.MAX_SAFE_INTEGER, 10);
        return uploads.map((upload) => upload.owner).sort();
      };
      await accounts().change("id of ann", { description: "still here" });
      expect(await left()).toHaveLength(4);
      await accounts().change("id of ann", { disabled: true });
      expect(await left()).toEqual(["", "robot:id of bot", "user:id of bot"]);
      await accounts().change("id of bot", { disabled: true });
      expect(await left()).toEqual(["", "user:id of bot"]);
    });

    test("goes with its secrets, memberships, groups and upload sessions, and leaves those of others", async () => {
      await store().access.projects.create(projectOf("team"));
      await store().access.groups.create(groupOf("devs"));
      for (const name of ["ann", "ben"]) {
        await accounts().create(userOf(name));
        await store().access.secrets.add(secretOf(name, `${name}'s token`), 10);
        await store().access.members.set("team", memberOf(name, "developer"));
        await store().access.groups.addAccount("devs", name);
        await store().uploads.start({ ...uploadOf(`of ${name}`, "a"), owner: `user:id of ${name}` });
      }
      expect(await accounts().delete("id of ann")).toBe("changed");
      expect(await accounts().find("ann")).toBeUndefined();
      expect(await store().access.secrets.findByHash(Buffer.from("hash of ann's token"))).toBeUndefined();
      const members = await store().access.members.list("team", { limit: 10 });
      expect(members.entries).toEqual([memberOf("ben", "developer")]);
      expect((await store().access.groups.listAccounts("devs", { limit: 10 })).entries).toEqual(["ben"]);
      expect(await store().uploads.find("a", "of ann", 1)).toBeUndefined();
      expect(await store().uploads.find("a", "of ben", 1)).toBeDefined();
      expect(await labelsOf(store(), "ben")).toEqual(["ben's token"]);
    });

    test("that takes the name of a deleted one has nothing of it", async () => {
      await store().access.projects.create(projectOf("team"));
      await accounts().create(userOf("ann"));
      await store().access.members.set("team", memberOf("ann", "maintainer"));
      await store().access.secrets.add(secretOf("ann", "token"), 10);
      await accounts().delete("id of ann");
      expect(await accounts().create(userOf("ann"))).toBe("created");
      expect(await accounts().rolesOf("id of ann")).toEqual([]);
      expect(await labelsOf(store(), "ann")).toEqual([]);
    });
  });

  describe("a list of accounts", () => {
    test("ascends by name and goes on after a name", async () => {
      const names = ["a-b", "a.b", "a0", "a_b", "aa", "b"];
      for (const name of [...names].reverse()) await accounts().create(userOf(name));
      const page = await accounts().list({ limit: 4 });
      expect(page.entries.map((account) => account.name)).toEqual(names.slice(0, 4));
      expect(page.more).toBe(true);
      const rest = await accounts().list({ limit: 4, after: "a_b" });
      expect(rest).toEqual({ entries: [userOf("aa"), userOf("b")], more: false });
    });

    test("holds those of one kind and of one project where that is asked", async () => {
      for (const project of ["a", "b"]) await store().access.projects.create(projectOf(project));
      const [first, second] = [robotOf("r1", { project: "a" }), robotOf("r2", { project: "a" })];
      const [third, free] = [robotOf("r3", { project: "b" }), robotOf("r4")];
      for (const account of [second, third, free, first, userOf("ann")]) await accounts().create(account);
      const list = async (more: Omit<Parameters<ReturnType<typeof accounts>["list"]>[0], "limit">) =>
        (await accounts().list({ limit: 10, ...more })).entries;
      expect(await list({})).toEqual([userOf("ann"), first, second, third, free]);
      expect(await list({ kind: "user" })).toEqual([userOf("ann")]);
      expect(await list({ kind: "robot" })).toEqual([first, second, third, free]);
      expect(await list({ project: "a" })).toEqual([first, second]);
      expect(await list({ project: "a", kind: "user" })).toEqual([]);
      expect(await list({ project: "a", kind: "robot", after: "r1" })).toEqual([second]);
      expect(await list({ project: "nowhere" })).toEqual([]);
      expect(await accounts().list({ project: "a", limit: 1 })).toEqual({ entries: [first], more: true });
    });
  });

  describe("the last administrator", () => {
    const takesRightsAway: [string, () => Promise<unknown>][] = [
      ["demoted", () => accounts().change("id of root", { systemAdmin: false })],
      ["disabled", () => accounts().change("id of root", { disabled: true })],
      ["deleted", () => accounts().delete("id of root")],
    ];

    test.each(takesRightsAway)("cannot be %s, and then nothing happened", async (_what, step) => {
      await accounts().create(adminOf("root"));
      await accounts().create(adminOf("asleep", { disabled: true }));
      await accounts().create(robotOf("bot", { systemAdmin: true }));
      await accounts().create(userOf("ann"));
      await store().access.secrets.add(secretOf("root", "token"), 10);
      expect(await raisesRevision(store(), async () => expect(await step()).toBe("last-admin"))).toBe(false);
      expect(await accounts().find("root")).toEqual(adminOf("root"));
      expect(await labelsOf(store(), "root")).toEqual(["token"]);
    });

    test.each(takesRightsAway)("but one can be %s while another remains", async (_what, step) => {
      await accounts().create(adminOf("root"));
      await accounts().create(adminOf("other"));
      expect(await step()).toBe("changed");
    });

    test("can be changed in every way that leaves an administrator", async () => {
      await accounts().create(adminOf("root"));
      await accounts().create(adminOf("asleep", { disabled: true }));
      const change = { description: "me", systemAdmin: true, disabled: false, passwordHash: "new" };
      expect(await accounts().change("id of root", change)).toBe("changed");
      expect(await accounts().change("id of asleep", { systemAdmin: false })).toBe("changed");
      expect(await accounts().delete("id of asleep")).toBe("changed");
    });

    test("is not missed where there never was one", async () => {
      await accounts().create(userOf("ann"));
      await accounts().create(robotOf("bot", { systemAdmin: true }));
      for (const id of ["id of ann", "id of bot"]) {
        expect(await accounts().change(id, { disabled: true })).toBe("changed");
        expect(await accounts().change(id, { disabled: false })).toBe("changed");
        expect(await accounts().delete(id)).toBe("changed");
      }
    });
  });

  describe("the roles of an account", () => {
    test("are the highest of its own and its groups', ascending by project", async () => {
      // an account and a group may share their name, and here even their id
      for (const name of ["ann", "ben", "devs"]) await accounts().create(userOf(name));
      for (const name of ["ann", "devs", "leads", "strangers"])
        await store().access.groups.create(groupOf(name));
      for (const name of ["devs", "leads"]) await store().access.groups.addAccount(name, "ann");
      for (const name of ["z", "own", "higher", "lower", "two", "others"])
        await store().access.projects.create(projectOf(name));
      const members = [
        ["z", memberOf("ann", "guest")],
        ["own", memberOf("ann", "maintainer")],
        ["higher", memberOf("ann", "guest")],
        ["higher", memberOf("devs", "developer", "group")],
        ["lower", memberOf("ann", "developer")],
        ["lower", memberOf("devs", "guest", "group")],
        ["two", memberOf("devs", "guest", "group")],
        ["two", memberOf("leads", "maintainer", "group")],
        ["others", memberOf("strangers", "maintainer", "group")],
        ["others", memberOf("ben", "maintainer")],
        ["z", memberOf("ann", "maintainer", "group")],
        ["lower", memberOf("devs", "maintainer")],
      ] as const;
      for (const [project, member] of members) await store().access.members.set(project, member);
      expect(await accounts().rolesOf("id of ann")).toEqual([
        { project: "higher", role: "developer" },
        { project: "lower", role: "developer" },
        { project: "own", role: "maintainer" },
        { project: "two", role: "maintainer" },
        { project: "z", role: "guest" },
      ]);
      await store().access.groups.removeAccount("leads", "ann");
      await store().access.members.remove("own", memberOf("ann", "guest"));
      expect(
        (await accounts().rolesOf("id of ann")).map(({ project, role }) => `${project} ${role}`),
      ).toEqual(["higher developer", "lower developer", "two guest", "z guest"]);
      expect(await accounts().rolesOf("nobody")).toEqual([]);
    });
  });

  test("the access revision grows with every change of an account, and with no attempt", async () => {
    const grows = (step: () => Promise<unknown>) => raisesRevision(store(), step);
    expect(await grows(() => accounts().create(userOf("ann")))).toBe(true);
    expect(await grows(() => accounts().create(userOf("ann", { id: "other" })))).toBe(false);
    expect(await grows(() => accounts().create(robotOf("bot", { project: "nowhere" })))).toBe(false);
    expect(await grows(() => accounts().change("id of ann", { disabled: true }))).toBe(true);
    expect(await grows(() => accounts().change("nobody", { disabled: true }))).toBe(false);
    expect(await grows(() => accounts().list({ limit: 1 }))).toBe(false);
    expect(await grows(() => accounts().delete("id of ann"))).toBe(true);
    expect(await grows(() => accounts().delete("id of ann"))).toBe(false);
  });
}
