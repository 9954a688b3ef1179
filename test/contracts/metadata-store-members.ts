// The contract of a project's members: accounts and groups, each with one role.
import { beforeEach, describe, expect, test } from "vitest";
import type { MemberRecord } from "../../storage/metadata/access-records.ts";
import {
  groupOf,
  memberOf,
  projectOf,
  raisesRevision,
  robotOf,
  userOf,
} from "./metadata-store-access-fixture.ts";
import type { CurrentStore } from "./metadata-store-fixture.ts";

export function membersContract(store: CurrentStore): void {
  const members = () => store().access.members;
  const membersOf = async (project: string) => (await members().list(project, { limit: 100 })).entries;

  describe("members", () => {
    beforeEach(async () => {
      for (const project of ["team", "other"]) await store().access.projects.create(projectOf(project));
      for (const name of ["ann", "devs"]) await store().access.accounts.create(userOf(name));
      // the order of ids is not that of names
      await store().access.accounts.create(userOf("ben", { id: "a" }));
      await store().access.accounts.create(robotOf("bot"));
      for (const name of ["admins", "devs"]) await store().access.groups.create(groupOf(name));
    });

    test("have one role in one project: setting it again replaces it", async () => {
      expect(await members().set("team", memberOf("ann", "guest"))).toBe("set");
      expect(await members().set("other", memberOf("ann", "developer"))).toBe("set");
      expect(await members().set("team", memberOf("ann", "maintainer"))).toBe("set");
      expect(await membersOf("team")).toEqual([memberOf("ann", "maintainer")]);
      expect(await membersOf("other")).toEqual([memberOf("ann", "developer")]);
      expect(await membersOf("nothing")).toEqual([]);
    });

    test("may be an account and a group of one name", async () => {
      await members().set("team", memberOf("devs", "guest"));
      await members().set("team", memberOf("devs", "developer", "group"));
      expect(await membersOf("team")).toEqual([
        memberOf("devs", "guest"),
        memberOf("devs", "developer", "group"),
      ]);
      expect(await members().remove("team", { kind: "account", name: "devs" })).toBe(true);
      expect(await membersOf("team")).toEqual([memberOf("devs", "developer", "group")]);
      await store().access.accounts.delete("id of devs");
      expect(await membersOf("team")).toEqual([memberOf("devs", "developer", "group")]);
    });

    test("must exist, and so must their project", async () => {
      expect(await members().set("nothing", memberOf("ann", "guest"))).toBe("no-project");
      expect(await members().set("team", memberOf("nobody", "guest"))).toBe("no-member");
      expect(await members().set("team", memberOf("admins", "guest", "account"))).toBe("no-member");
      expect(await members().set("team", memberOf("ann", "guest", "group"))).toBe("no-member");
      expect(await membersOf("team")).toEqual([]);
    });

    test("are removed from that project and no other; an absent one is false", async () => {
      for (const project of ["team", "other"]) {
        await members().set(project, memberOf("ann", "guest"));
        await members().set(project, memberOf("ben", "guest"));
      }
      const ann = { kind: "account", name: "ann" } as const;
      expect(await members().remove("team", ann)).toBe(true);
      expect(await members().remove("team", ann)).toBe(false);
      expect(await members().remove("nothing", ann)).toBe(false);
      expect(await members().remove("other", { kind: "account", name: "nobody" })).toBe(false);
      expect(await members().remove("other", { kind: "group", name: "devs" })).toBe(false);
      expect(await membersOf("team")).toEqual([memberOf("ben", "guest")]);
      expect(await membersOf("other")).toHaveLength(2);
    });

    test("go with the group that they are", async () => {
      await members().set("team", memberOf("devs", "developer", "group"));
      await members().set("team", memberOf("devs", "guest"));
      await members().set("team", memberOf("admins", "maintainer", "group"));
      await store().access.groups.delete("devs");
      await store().access.groups.create(groupOf("devs"));
      expect(await membersOf("team")).toEqual([
        memberOf("devs", "guest"),
        memberOf("admins", "maintainer", "group"),
      ]);
    });

    test("are listed by kind and name, in pages that go on after `<kind>:<name>`", async () => {
      const all = [
        memberOf("ann", "maintainer"),
        memberOf("ben", "guest"),
        memberOf("bot", "developer"),
        memberOf("admins", "guest", "group"),
        memberOf("devs", "developer", "group"),
      ];
      for (const member of [...all].reverse()) await members().set("team", member);
      for (let limit = 1; limit <= all.length + 1; limit++) {
        const seen: MemberRecord[] = [];
        for (let more = true; more;) {
          const last = seen.at(-1);
          const start = last === undefined ? {} : { after: `${last.kind}:${last.name}` };
          const page = await members().list("team", { limit, ...start });
          expect(page.entries.length).toBe(Math.min(limit, all.length - seen.length));
          seen.push(...page.entries);
          more = page.more;
        }
        expect(seen).toEqual(all);
      }
      const past = await members().list("team", { limit: 1, after: "account:az" });
      expect(past).toEqual({ entries: [memberOf("ben", "guest")], more: true });
    });

    test("raise the access revision as they come, change and go", async () => {
      const grows = (step: () => Promise<unknown>) => raisesRevision(store(), step);
      expect(await grows(() => members().set("team", memberOf("ann", "guest")))).toBe(true);
      expect(await grows(() => members().set("team", memberOf("ann", "developer")))).toBe(true);
      expect(await grows(() => members().set("team", memberOf("nobody", "guest")))).toBe(false);
      expect(await grows(() => members().remove("team", { kind: "account", name: "ann" }))).toBe(true);
      expect(await grows(() => members().remove("team", { kind: "account", name: "ann" }))).toBe(false);
    });
  });
}
