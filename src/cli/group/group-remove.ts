// `berth group remove`: a group goes, with the roles that it gave; its users stay.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { confirm, withConfirmation, type ConfirmOptions } from "../access/confirm.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = ["berth group remove web", "berth group remove web --yes    without asking, for scripts"];

export function groupRemoveCommand(parts: AccessParts): Command {
  const description = "remove a group with the roles that it gave; its users stay";
  const command = accessCommand("remove", description, examples).argument("<name>");
  return withConfirmation(command).action(async (name: string, options: AccessOptions & ConfirmOptions) => {
    const { terminal } = parts;
    await confirm(terminal, options, `Remove the group ${name} with the roles that it gave`);
    const change = { action: "group.delete", target: name };
    await withChange(parts, options, change, ({ groups }) => groups.delete(name));
    printDone(terminal, options, `removed the group ${name}`, { name, removed: true });
  });
}
