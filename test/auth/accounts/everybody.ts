// Everybody whom the rules tell apart, with an account of their own on a real metadata store, for tables of rights.
import { anonymous, type Principal } from "../../../auth/principal.ts";
import type { Role } from "../../../storage/metadata/access-records.ts";
import { principalOf, start, type OpenAccounts } from "./open-accounts.ts";

interface UserTraits {
  readonly role?: Role;
  /** Of the group whose only account it is. */
  readonly groupRole?: Role;
  readonly disabled?: true;
  readonly systemAdmin?: true;
  readonly mayCreateProjects?: true;
}

interface RobotTraits {
  readonly actions: readonly string[];
  readonly project?: string;
  readonly disabled?: true;
  readonly expired?: true;
  readonly mayCreateProjects?: true;
}

const users: Readonly<Record<string, UserTraits>> = {
  "an admin": { systemAdmin: true },
  "a disabled admin": { systemAdmin: true, disabled: true },
  "a user": {},
  "a creator": { mayCreateProjects: true },
  "a guest": { role: "guest" },
  "a developer": { role: "developer" },
  "a maintainer": { role: "maintainer" },
  "a disabled maintainer": { role: "maintainer", disabled: true },
  "a guest who creates": { role: "guest", mayCreateProjects: true },
  "a developer by group": { groupRole: "developer" },
  "a guest who maintains by group": { role: "guest", groupRole: "maintainer" },
  "a maintainer who is guest by group": { role: "maintainer", groupRole: "guest" },
};

const robots: Readonly<Record<string, RobotTraits>> = {
  "a robot of private that pulls": { project: "private", actions: ["pull"] },
  "a robot of private that pulls and pushes": { project: "private", actions: ["pull", "push"] },
  "a robot of private that pushes alone": { project: "private", actions: ["push"] },
  "a robot of private that deletes alone": { project: "private", actions: ["delete"] },
  "a robot of public that pushes": { project: "public", actions: ["push"] },
  "a robot of private that is disabled": { project: "private", actions: ["pull"], disabled: true },
  "a robot of private that expired": { project: "private", actions: ["pull", "push"], expired: true },
  "a robot that pulls everywhere": { actions: ["pull"] },
  "a robot that pushes everywhere": { actions: ["push"] },
  "a robot that does everything everywhere": { actions: ["pull", "push", "delete"] },
  "a robot that pushes everywhere and creates": { actions: ["pull", "push"], mayCreateProjects: true },
  "a robot that creates but can't push": { actions: ["pull"], mayCreateProjects: true },
};

/**
 * By what they are; their roles are the same in every project there is: `private`, `public` and, for names of a single
 * segment, `library`. The clock goes on by a second, in which a robot expires.
 */
export async function makeEverybody(accounts: OpenAccounts): Promise<ReadonlyMap<string, Principal>> {
  for (const name of ["private", "public", "library"]) {
    await accounts.projects.create({ name, public: name === "public" });
  }
  const everybody = new Map<string, Principal>([
    ["anonymous", anonymous],
    ["somebody of another token server", { kind: "external", subject: "admin" }],
    ["an account that is gone", principalOf("user", { id: "gone", name: "admin" })],
  ]);
  for (const [who, traits] of Object.entries(users))
    everybody.set(who, await makeUser(accounts, who, traits));
  for (const [who, traits] of Object.entries(robots))
    everybody.set(who, await makeRobot(accounts, who, traits));
  accounts.clock.now += 1000;
  return everybody;
}

const nameOf = (who: string) => who.replaceAll(/[^a-z]+/g, "-");

async function makeUser({ users, groups, projects }: OpenAccounts, who: string, traits: UserTraits) {
  const name = nameOf(who);
  const { role, groupRole, disabled, systemAdmin, mayCreateProjects = false } = traits;
  const user = await users.create({ name, mayCreateProjects, systemAdmin });
  if (groupRole !== undefined) {
    await groups.create({ name });
    await groups.addAccount(name, name);
  }
  for (const project of ["private", "public", "library"]) {
    if (role !== undefined) await projects.setMember(project, { kind: "account", name, role });
    if (groupRole !== undefined) await projects.setMember(project, { kind: "group", name, role: groupRole });
  }
  await users.change(name, { disabled });
  return principalOf("user", user);
}

async function makeRobot({ robots }: OpenAccounts, who: string, traits: RobotTraits) {
  const { disabled, expired, ...more } = traits;
  const expiresAt = expired && start + 1000;
  const { robot } = await robots.create({ name: nameOf(who), expiresAt, ...more });
  await robots.change(robot.name, { disabled });
  return principalOf("robot", robot);
}
