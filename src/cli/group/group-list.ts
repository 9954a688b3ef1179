// `berth group list`.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { allPages } from "../access/all-pages.ts";
import { withAccess } from "../access/with-access.ts";
import { printList } from "../output/print.ts";
import { groupDocument } from "./group-document.ts";

const examples = ["berth group list", "berth group list --json | jq -r '.[].name'"];
const columns = ["name", "createdAt", "description"];

export function groupListCommand(parts: AccessParts): Command {
  return accessCommand("list", "list the groups", examples).action(async (options: AccessOptions) => {
    const groups = await withAccess(parts, options, (access) =>
      allPages(
        (page) => access.groups.list(page),
        ({ name }) => name,
      ),
    );
    printList(parts.terminal, options, columns, groups.map(groupDocument));
  });
}
