// The rules themselves, without looking anything up: what an account may do in a project, given its role there.
import type { AccountRecord, Role } from "../../storage/metadata/access-records.ts";
import { repositoryActions, type RepositoryAction } from "../access.ts";
import { knownActions } from "./input-rules.ts";

/** Each role includes the ones before it. A maintainer also has the project's settings, members and robots. */
const actionsOfRole: Readonly<Record<Role, readonly RepositoryAction[]>> = {
  guest: ["pull"],
  developer: ["pull", "push"],
  maintainer: ["pull", "push", "delete"],
};

/** @param role of a user in the project; robots have none */
export function actionsIn(
  project: string,
  account: AccountRecord,
  role: Role | undefined,
): readonly RepositoryAction[] {
  if (account.kind === "robot") return worksIn(project, account) ? knownActions(account.actions) : [];
  if (account.systemAdmin) return repositoryActions;
  return role === undefined ? [] : actionsOfRole[role];
}

/** Whether a push to a project that does not exist makes it. */
export function mayCreateProjects(account: AccountRecord): boolean {
  if (account.kind === "user") return account.systemAdmin || account.mayCreateProjects;
  return account.mayCreateProjects && account.project === undefined && account.actions.includes("push");
}

function worksIn(project: string, robot: AccountRecord): boolean {
  return robot.project === undefined || robot.project === project;
}
