// `berth group member remove`: a user leaves a group.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = ["berth group member remove web jane"];

export function groupMemberRemoveCommand(parts: AccessParts): Command {
  return accessCommand("remove", "take a user out of a group", examples)
    .argument("<group>")
    .argument("<user>")
    .action(async (group: string, user: string, options: AccessOptions) => {
      const change = { action: "group.remove", target: `${group} ${user}` };
      await withChange(parts, options, change, ({ groups }) => groups.removeAccount(group, user));
      const sentence = `${user} is not in the group ${group} any more`;
      printDone(parts.terminal, options, sentence, { group, user, removed: true });
    });
}
