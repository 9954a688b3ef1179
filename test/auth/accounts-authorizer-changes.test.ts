// What the authorizer remembers, and how long: nothing is asked of the store twice, and nothing is believed once another
// process changed anything.
import { describe, expect, it } from "vitest";
import type { Access } from "../../auth/access.ts";
import { AccountDirectory } from "../../auth/accounts/account-directory.ts";
import { AccountsAuthorizer } from "../../auth/accounts-authorizer.ts";
import { anonymous, type Principal } from "../../auth/principal.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { openAccounts, principalOf, start, type OpenAccounts } from "./accounts/open-accounts.ts";

const pull: Access = { kind: "repository", name: "team/app", action: "pull" };
const push: Access = { kind: "repository", name: "team/app", action: "push" };
const system: Access = { kind: "system" };
const ada = { kind: "account", name: "ada" } as const;

/** Two processes on one database file; time alone never makes the second one look for changes. */
async function openTwo() {
  const path = `${await scratchDirectory()}/berth.sqlite`;
  const one = await openAccounts({ path, process: "one " });
  await one.projects.create({ name: "team" });
  const user = principalOf("user", await one.users.create({ name: "ada", mayCreateProjects: false }));
  const { robot } = await one.robots.create({ name: "ci", project: "team", actions: ["push"] });
  await one.users.create({ name: "root", systemAdmin: true });
  const other = await openAccounts({ path, process: "other " });
  return { one, other, user, robot: principalOf("robot", robot) };
}
type Two = Awaited<ReturnType<typeof openTwo>>;

type Change = (accounts: OpenAccounts) => Promise<unknown>;
const member = (role: "guest" | "developer"): Change => {
  return ({ projects }) => projects.setMember("team", { ...ada, role });
};

interface Row {
  readonly what: string;
  readonly before: readonly Change[];
  readonly change: Change;
  readonly who: (two: Two) => Principal;
  readonly access: Access;
  readonly allowed: boolean;
}

const user = (two: Two) => two.user;
const robot = (two: Two) => two.robot;
const nobody = () => anonymous;

const rows: readonly Row[] = [
  { what: "a role given", before: [], change: member("guest"), who: user, access: pull, allowed: true },
  {
    what: "a role raised",
    before: [member("guest")],
    change: member("developer"),
    who: user,
    access: push,
    allowed: true,
  },
  {
    what: "a role lowered",
    before: [member("developer")],
    change: member("guest"),
    who: user,
    access: push,
    allowed: false,
  },
  {
    what: "a role taken",
    before: [member("guest")],
    who: user,
    access: pull,
    allowed: false,
    change: ({ projects }) => projects.removeMember("team", ada),
  },
  {
    what: "a group that got a role",
    who: user,
    access: pull,
    allowed: true,
    before: [
      ({ groups }) => groups.create({ name: "crew" }),
      ({ groups }) => groups.addAccount("crew", "ada"),
    ],
    change: ({ projects }) => projects.setMember("team", { kind: "group", name: "crew", role: "guest" }),
  },
  {
    what: "a group that lost an account",
    who: user,
    access: pull,
    allowed: false,
    before: [
      ({ groups }) => groups.create({ name: "crew" }),
      ({ groups }) => groups.addAccount("crew", "ada"),
      ({ projects }) => projects.setMember("team", { kind: "group", name: "crew", role: "guest" }),
    ],
    change: ({ groups }) => groups.removeAccount("crew", "ada"),
  },
  {
    what: "an account disabled",
    before: [member("guest")],
    who: user,
    access: pull,
    allowed: false,
    change: ({ users }) => users.change("ada", { disabled: true }),
  },
  {
    what: "an account deleted",
    before: [member("guest")],
    who: user,
    access: pull,
    allowed: false,
    change: ({ users }) => users.delete("ada"),
  },
  {
    what: "an administrator made",
    before: [],
    who: user,
    access: system,
    allowed: true,
    change: ({ users }) => users.change("ada", { systemAdmin: true }),
  },
  {
    what: "a robot disabled",
    before: [],
    who: robot,
    access: push,
    allowed: false,
    change: ({ robots }) => robots.change("ci", { disabled: true }),
  },
  {
    what: "a robot's actions changed",
    before: [],
    who: robot,
    access: push,
    allowed: false,
    change: ({ robots }) => robots.change("ci", { actions: ["pull"] }),
  },
  {
    what: "a project made public",
    before: [],
    who: nobody,
    access: pull,
    allowed: true,
    change: ({ projects }) => projects.change("team", { public: true }),
  },
  {
    what: "a project made private",
    who: nobody,
    access: pull,
    allowed: false,
    before: [({ projects }) => projects.change("team", { public: true })],
    change: ({ projects }) => projects.change("team", { public: false }),
  },
  {
    what: "a project deleted, with its robot",
    before: [],
    who: robot,
    access: push,
    allowed: false,
    change: ({ projects }) => projects.delete("team"),
  },
  {
    what: "a project made that was missing",
    who: nobody,
    access: pull,
    allowed: true,
    before: [({ projects }) => projects.delete("team")],
    change: ({ projects }) => projects.create({ name: "team", public: true }),
  },
];

describe("a change in another process", () => {
  it.each(rows.map((row) => [row.what, row] as const))(
    "counts at once: %s",
    async (_, { before, change, who, access, allowed }) => {
      const two = await openTwo();
      for (const step of before) await step(two.one);
      await two.other.revision.refresh();
      const decide = async () => (await two.other.authorizer.decide(who(two), access)).allowed;
      expect(await decide()).toBe(!allowed);
      await change(two.one);
      expect(await decide()).toBe(allowed);
    },
  );

  it("counts for lists as well", async () => {
    const { one, other, user } = await openTwo();
    const visible = async () => other.authorizer.visibility(user);
    expect(await visible()).toMatchObject({ projects: [] });
    await member("guest")(one);
    expect(await visible()).toMatchObject({ projects: ["team"] });
  });
});

describe("time alone", () => {
  it("ends a robot whose row is remembered", async () => {
    const accounts = await openAccounts();
    const expiresAt = start + 1000;
    const made = await accounts.robots.create({ name: "ci", actions: ["pull"], expiresAt });
    const decide = () => accounts.authorizer.decide(principalOf("robot", made.robot), pull);
    accounts.clock.now = expiresAt - 1;
    expect(await decide()).toMatchObject({ allowed: true });
    accounts.clock.now = expiresAt;
    expect(await decide()).toMatchObject({ allowed: false });
  });
});

/** The reads of the authorizer, counted on their way to the real store. */
function countReads({ accounts, projects }: AccessStore) {
  const counted = { reads: 0 };
  const count = <A extends unknown[], R>(read: (...parameters: A) => R) => {
    return (...parameters: A): R => {
      counted.reads++;
      return read(...parameters);
    };
  };
  const access = {
    accounts: {
      ...accounts,
      findById: count((id: string) => accounts.findById(id)),
      rolesOf: count((id: string) => accounts.rolesOf(id)),
    },
    projects: { ...projects, find: count((name: string) => projects.find(name)) },
  };
  return { access, counted };
}

describe("a decision", () => {
  it("costs no statement the second time, also on what does not exist", async () => {
    const accounts = await openAccounts();
    await accounts.projects.create({ name: "team" });
    const user = principalOf("user", await accounts.users.create({ name: "ada" }));
    await accounts.projects.setMember("team", { ...ada, role: "guest" });
    const { access, counted } = countReads(accounts.access);
    const directory = new AccountDirectory({ ...accounts, access });
    const authorizer = new AccountsAuthorizer({ ...accounts, access, directory });
    const missing: Access = { kind: "repository", name: "missing/app", action: "pull" };
    const decideAll = async () => {
      for (const wanted of [pull, push, missing, system]) await authorizer.decide(user, wanted);
      await authorizer.decide(anonymous, missing);
      await authorizer.visibility(user);
    };
    await decideAll();
    // the account, its roles, two projects
    expect(counted.reads).toBe(4);
    await decideAll();
    expect(counted.reads).toBe(4);
    await accounts.users.change("ada", { description: "changed" });
    await decideAll();
    expect(counted.reads).toBe(8);
  });
});
