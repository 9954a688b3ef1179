// A robot, and its secrets, as commands print them.
import type { RobotView } from "../../../auth/accounts/account-view.ts";
import type { SecretView } from "../../../auth/accounts/secret-view.ts";
import { timeOf, type Document } from "../output/document.ts";

export function robotDocument(robot: RobotView): Document {
  const { name, project, actions, mayCreateProjects, disabled, description, createdAt, expiresAt } = robot;
  return {
    name,
    project,
    actions,
    mayCreateProjects,
    disabled,
    description,
    createdAt: timeOf(createdAt),
    expiresAt: timeOf(expiresAt),
  };
}

export function robotSecretDocument({ id, createdAt, lastUsedAt }: SecretView): Document {
  return { id, createdAt: timeOf(createdAt), lastUsedAt: timeOf(lastUsedAt) };
}
