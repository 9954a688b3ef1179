// `berth group member add`: a user joins a group.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = ["berth group member add web jane"];

export function groupMemberAddCommand(parts: AccessParts): Command {
  return accessCommand("add", "put a user into a group", examples)
    .argument("<group>")
    .argument("<user>")
    .action(async (group: string, user: string, options: AccessOptions) => {
      const change = { action: "group.add", target: `${group} ${user}` };
      await withChange(parts, options, change, ({ groups }) => groups.addAccount(group, user));
      printDone(parts.terminal, options, `${user} is in the group ${group}`, { group, user });
    });
}
