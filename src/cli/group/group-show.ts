// `berth group show`: a group and who is in it.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { allPages } from "../access/all-pages.ts";
import { withAccess } from "../access/with-access.ts";
import { printRecord } from "../output/print.ts";
import { groupDocument } from "./group-document.ts";

const examples = ["berth group show web", "berth group show web --json | jq -r '.users[]'"];

export function groupShowCommand(parts: AccessParts): Command {
  return accessCommand("show", "show a group and who is in it", examples)
    .argument("<name>")
    .action(async (name: string, options: AccessOptions) => {
      const document = await withAccess(parts, options, async ({ groups }) => {
        const group = await groups.get(name);
        const users = await allPages(
          (page) => groups.listAccounts(name, page),
          (user) => user,
        );
        return { ...groupDocument(group), users };
      });
      printRecord(parts.terminal, options, document);
    });
}
