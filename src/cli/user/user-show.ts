// `berth user show`: one user, with groups and roles.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withAccess } from "../access/with-access.ts";
import { printRecord } from "../output/print.ts";
import { userDocument } from "./user-document.ts";

const examples = ["berth user show jane", "berth user show jane --json | jq .roles"];

export function userShowCommand(parts: AccessParts): Command {
  return accessCommand("show", "show a user, with groups and the role in each project", examples)
    .argument("<name>")
    .action(async (name: string, options: AccessOptions) => {
      const document = await withAccess(parts, options, async ({ users, memberships }) => {
        const user = await users.get(name);
        const groups = await memberships.groupsOf(user.id);
        const roles = await memberships.rolesOf(user.id);
        return {
          ...userDocument(user),
          groups,
          roles: roles.map(({ project, role }) => ({ project, role })),
        };
      });
      printRecord(parts.terminal, options, document);
    });
}
