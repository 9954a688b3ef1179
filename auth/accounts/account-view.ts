// What callers are told about an account: everything but what it proves itself with. The services give these and never
// a row, so that no hash can reach an answer, a terminal or a log by accident.
import type { RepositoryAction } from "../access.ts";
import type { AccountRecord } from "../../storage/metadata/access-records.ts";
import { knownActions } from "./input-rules.ts";

export interface UserView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly disabled: boolean;
  readonly systemAdmin: boolean;
  readonly mayCreateProjects: boolean;
  /** False for a user who logs in by access token, or by a password that is kept elsewhere. */
  readonly hasPassword: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface RobotView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly disabled: boolean;
  /** undefined: it works in every project. */
  readonly project: string | undefined;
  readonly actions: readonly RepositoryAction[];
  readonly mayCreateProjects: boolean;
  /** Milliseconds since 1970; undefined for a robot that does not expire. */
  readonly expiresAt: number | undefined;
  readonly createdAt: number;
}

export function userView(account: AccountRecord): UserView {
  const { id, name, description, disabled, systemAdmin, mayCreateProjects, createdAt } = account;
  const hasPassword = account.passwordHash !== undefined;
  return { id, name, description, disabled, systemAdmin, mayCreateProjects, hasPassword, createdAt };
}

export function robotView(account: AccountRecord): RobotView {
  const { id, name, description, disabled, project, mayCreateProjects, expiresAt, createdAt } = account;
  const actions = knownActions(account.actions);
  return { id, name, description, disabled, project, actions, mayCreateProjects, expiresAt, createdAt };
}
