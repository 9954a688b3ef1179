// `berth user list`: everybody with an account.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { allPages } from "../access/all-pages.ts";
import { withAccess } from "../access/with-access.ts";
import { printList } from "../output/print.ts";
import { userDocument } from "./user-document.ts";

const examples = [
  "berth user list",
  "berth user list --json | jq -r '.[] | select(.systemAdmin) | .name'    the administrators",
];
const columns = ["name", "systemAdmin", "mayCreateProjects", "disabled", "createdAt", "description"];

export function userListCommand(parts: AccessParts): Command {
  return accessCommand("list", "list the users", examples).action(async (options: AccessOptions) => {
    const users = await withAccess(parts, options, (access) =>
      allPages(
        (page) => access.users.list(page),
        ({ name }) => name,
      ),
    );
    printList(parts.terminal, options, columns, users.map(userDocument));
  });
}
