// `berth group add`: a group of users, to give roles to all of them at once.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { groupDocument } from "./group-document.ts";

const examples = ["berth group add web --description 'The web team'"];

export function groupAddCommand(parts: AccessParts): Command {
  return accessCommand("add", "make a group of users; it is empty yet", examples)
    .argument("<name>", "2 to 64 characters of a-z, 0-9, dot, underscore and hyphen")
    .option("--description <text>", "in one line")
    .action(async (name: string, options: AccessOptions & { readonly description?: string }) => {
      const { description } = options;
      const change = { action: "group.create", target: name, detail: summary({ description }) };
      const group = await withChange(parts, options, change, ({ groups }) =>
        groups.create({ name, description }),
      );
      printDone(parts.terminal, options, `added the group ${name}`, groupDocument(group));
    });
}
