// Who may do what in accounts mode, as a table: everybody × every state of a project × everything there is to do there.
// The table is written by hand; nothing in it is computed from the rules.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Access } from "../../auth/access.ts";
import type { Decision } from "../../auth/authorizer.ts";
import type { Principal } from "../../auth/principal.ts";
import type { Visibility } from "../../storage/metadata/access-store.ts";
import { makeEverybody } from "./accounts/everybody.ts";
import { openAccounts, principalOf, type OpenAccounts } from "./accounts/open-accounts.ts";

/**
 * r pull, w push, c push that makes the project, d delete, s see and a administer the project;
 * g registry, k catalog, m oneself, y the system.
 */
type Rights = string;

const projects = ["private", "public", "missing"] as const;

const table: readonly (readonly [who: string, Rights, Rights, Rights, elsewhere: Rights])[] = [
  // who                             private  public   missing  elsewhere
  ["anonymous", "", "r", "", "gk"],
  ["somebody of another token server", "", "r", "", "gk"],
  ["an account that is gone", "", "r", "", "gk"],
  ["an admin", "rwdsa", "rwdsa", "rcdsa", "gkmy"],
  ["a disabled admin", "", "r", "", "gk"],
  ["a user", "", "rs", "", "gkm"],
  ["a creator", "", "rs", "c", "gkm"],
  ["a guest", "rs", "rs", "", "gkm"],
  ["a developer", "rws", "rws", "", "gkm"],
  ["a maintainer", "rwdsa", "rwdsa", "", "gkm"],
  ["a disabled maintainer", "", "r", "", "gk"],
  ["a guest who creates", "rs", "rs", "c", "gkm"],
  ["a developer by group", "rws", "rws", "", "gkm"],
  ["a guest who maintains by group", "rwdsa", "rwdsa", "", "gkm"],
  ["a maintainer who is guest by group", "rwdsa", "rwdsa", "", "gkm"],
  ["a robot of private that pulls", "r", "r", "", "gkm"],
  ["a robot of private that pulls and pushes", "rw", "r", "", "gkm"],
  ["a robot of private that pushes alone", "w", "r", "", "gkm"],
  ["a robot of private that deletes alone", "d", "r", "", "gkm"],
  ["a robot of public that pushes", "", "rw", "", "gkm"],
  ["a robot of private that is disabled", "", "r", "", "gk"],
  ["a robot of private that expired", "", "r", "", "gk"],
  ["a robot that pulls everywhere", "r", "r", "r", "gkm"],
  ["a robot that pushes everywhere", "w", "rw", "", "gkm"],
  ["a robot that does everything everywhere", "rwd", "rwd", "rd", "gkm"],
  ["a robot that pushes everywhere and creates", "rw", "rw", "rc", "gkm"],
  ["a robot that creates but can't push", "r", "r", "r", "gkm"],
];

const letters: Readonly<Record<string, (project: string) => Access>> = {
  r: (project) => ({ kind: "repository", name: `${project}/some/app`, action: "pull" }),
  w: (project) => ({ kind: "repository", name: `${project}/some/app`, action: "push" }),
  d: (project) => ({ kind: "repository", name: `${project}/some/app`, action: "delete" }),
  s: (project) => ({ kind: "project", name: project, action: "see" }),
  a: (project) => ({ kind: "project", name: project, action: "administer" }),
};
const lettersElsewhere: Readonly<Record<string, Access>> = {
  g: { kind: "registry" },
  k: { kind: "catalog" },
  m: { kind: "self" },
  y: { kind: "system" },
};

let accounts: OpenAccounts;
let principals: ReadonlyMap<string, Principal>;

function principalCalled(who: string): Principal {
  const principal = principals.get(who);
  if (principal === undefined) throw new Error(`the table names ${who}, whom nobody made`);
  return principal;
}

const decide = (who: string, access: Access) => accounts.authorizer.decide(principalCalled(who), access);

async function reasonOf(who: string, access: Access): Promise<string | undefined> {
  const decision = await decide(who, access);
  return decision.allowed ? undefined : decision.reason;
}

/** The letter of an access that is allowed; c instead of w when the push makes the project. */
function letterOf(letter: string, decision: Decision): string {
  if (!decision.allowed) return "";
  return decision.creates === undefined ? letter : letter === "w" ? "c" : `${letter} creates?`;
}

beforeAll(async () => {
  accounts = await openAccounts({ atEnd: (close) => afterAll(close) });
  principals = await makeEverybody(accounts);
});

describe("what is allowed", () => {
  it("is asked of everybody there is", () => {
    expect(table.map(([who]) => who).sort()).toEqual([...principals.keys()].sort());
  });

  const rows = table.flatMap(([who, ...rights]) =>
    projects.map((project, index) => [who, project, rights[index] ?? ""] as const),
  );

  it.each(rows)("to %s in a %s project: %j", async (who, project, rights) => {
    let found = "";
    for (const [letter, accessIn] of Object.entries(letters)) {
      const decision = await decide(who, accessIn(project));
      if (decision.allowed && decision.creates !== undefined) expect(decision.creates).toBe(project);
      found += letterOf(letter, decision);
    }
    expect(found).toBe(rights);
  });

  it.each(table.map(([who, , , , elsewhere]) => [who, elsewhere] as const))(
    "to %s elsewhere: %j",
    async (who, rights) => {
      let found = "";
      for (const [letter, access] of Object.entries(lettersElsewhere)) {
        found += letterOf(letter, await decide(who, access));
      }
      expect(found).toBe(rights);
    },
  );

  it.each([
    ["a developer", "alpine", true],
    ["a developer", "library/alpine", true],
    ["a user", "alpine", false],
    ["a creator", "alpine", false],
    ["a robot of private that pulls and pushes", "private", false],
    ["a robot of private that pulls and pushes", "privateer/app", false],
    ["a developer", "privateer/app", false],
    ["a developer", "missing/private/app", false],
  ])("to %s, a push to %s: %j", async (who, name, allowed) => {
    expect(await decide(who, { kind: "repository", name, action: "push" })).toMatchObject({ allowed });
  });

  it("is nothing but what is public, to a robot that is said to be a user", async () => {
    const robot = principalCalled("a robot that does everything everywhere");
    if (robot.kind !== "robot") throw new Error("that is no robot");
    const access: Access = { kind: "repository", name: "private/app", action: "pull" };
    expect(await accounts.authorizer.decide(robot, access)).toMatchObject({ allowed: true });
    const decision = await accounts.authorizer.decide({ ...robot, kind: "user" }, access);
    expect(decision).toMatchObject({ allowed: false });
  });

  it("includes no project whose name nobody may give", async () => {
    const project = "p".repeat(129);
    for (const who of ["an admin", "a creator", "a robot that pushes everywhere and creates"]) {
      const reason = await reasonOf(who, { kind: "repository", name: `${project}/app`, action: "push" });
      expect(reason).toMatch(/is too long for the name of a project$/);
    }
  });
});

describe("rows that no service would write", () => {
  it("give a robot neither a role nor a project of its own", async () => {
    const { access, authorizer, robots, projects, revision } = await openAccounts();
    await projects.create({ name: "team" });
    const { robot } = await robots.create({ name: "ci", project: "team", actions: ["pull", "push"] });
    await access.members.set("team", { kind: "account", name: "ci", role: "maintainer" });
    await access.accounts.change(robot.id, { mayCreateProjects: true });
    await revision.refresh();
    const principal = principalOf("robot", robot);
    const isAllowed = async (access: Access) => (await authorizer.decide(principal, access)).allowed;
    expect(await isAllowed({ kind: "project", name: "team", action: "see" })).toBe(false);
    expect(await isAllowed({ kind: "project", name: "team", action: "administer" })).toBe(false);
    expect(await isAllowed({ kind: "repository", name: "team/app", action: "delete" })).toBe(false);
    expect(await isAllowed({ kind: "repository", name: "new/app", action: "push" })).toBe(false);
  });
});

describe("a refusal", () => {
  const repository = (action: "pull" | "push" | "delete", name = "private/app"): Access => ({
    kind: "repository",
    name,
    action,
  });
  it.each<[string, Access, string]>([
    ["a user", repository("pull"), "you lack pull on private/app, or it does not exist"],
    ["a guest", repository("delete"), "you lack delete on private/app, or it does not exist"],
    [
      "a guest",
      repository("push"),
      "you lack push on private/app; if the project private does not exist, you may not create it: ask an administrator",
    ],
    ["a creator", repository("push"), "you lack push on private/app: ask a maintainer of project private"],
    [
      "a user",
      repository("push", "alpine"),
      "you lack push on alpine; if the project library does not exist, you may not create it: ask an administrator",
    ],
    [
      "a robot that creates but can't push",
      repository("push"),
      "you lack push on private/app; if the project private does not exist, you may not create it: ask an administrator",
    ],
    ["a user", { kind: "system" }, "only a system administrator may do this"],
    [
      "a user",
      { kind: "project", name: "private", action: "see" },
      "you have no role in project private, or it does not exist",
    ],
    [
      "a developer",
      { kind: "project", name: "private", action: "administer" },
      "you are not a maintainer of project private, or it does not exist",
    ],
    ["anonymous", repository("pull"), "sign in: without an account you lack pull on private/app"],
    ["anonymous", repository("push"), "sign in: without an account you lack push on private/app"],
    ["anonymous", { kind: "system" }, "sign in: this needs an account"],
    ["anonymous", { kind: "project", name: "private", action: "see" }, "sign in to see the project private"],
    [
      "a disabled maintainer",
      repository("pull"),
      "this account is disabled, expired or gone: ask an administrator",
    ],
  ])("tells %s, of %j: %s", async (who, access, sentence) => {
    expect(await reasonOf(who, access)).toBe(sentence);
  });

  it.each(table.map(([who]) => who))(
    "to %s is the same whether what was asked for exists or not",
    async (who) => {
      for (const accessIn of Object.values(letters)) {
        const [there, missing] = [
          await reasonOf(who, accessIn("private")),
          await reasonOf(who, accessIn("missing")),
        ];
        if (there === undefined || missing === undefined) continue;
        expect(there.replaceAll("private", "missing")).toBe(missing);
      }
    },
  );
});

describe("what lists show", () => {
  const only = (...names: string[]): Visibility => ({
    kind: "projects",
    projects: names,
    defaultProject: "library",
  });
  it.each<[string, Visibility]>([
    ["anonymous", only()],
    ["somebody of another token server", only()],
    ["an account that is gone", only()],
    ["an admin", { kind: "all" }],
    ["a disabled admin", only()],
    ["a user", only()],
    ["a guest", only("library", "private", "public")],
    ["a developer by group", only("library", "private", "public")],
    ["a disabled maintainer", only()],
    ["a robot of private that pulls", only("private")],
    ["a robot of private that pushes alone", only()],
    ["a robot of private that expired", only()],
    ["a robot that pulls everywhere", { kind: "all" }],
    ["a robot that pushes everywhere", only()],
  ])("to %s", async (who, visibility) => {
    expect(await accounts.authorizer.visibility(principalCalled(who))).toEqual(visibility);
  });
});
