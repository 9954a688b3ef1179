// `berth project member list`: who has which role.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withAccess } from "../access/with-access.ts";
import { printList } from "../output/print.ts";
import { allMembers } from "./all-members.ts";
import { memberDocument } from "./project-document.ts";

const examples = ["berth project member list team", "berth project member list team --json"];
const columns = ["kind", "name", "role"];

export function projectMemberListCommand(parts: AccessParts): Command {
  return accessCommand("list", "list who has which role in a project", examples)
    .argument("<project>")
    .action(async (project: string, options: AccessOptions) => {
      const members = await withAccess(parts, options, (access) => allMembers(access, project));
      printList(parts.terminal, options, columns, members.map(memberDocument));
    });
}
