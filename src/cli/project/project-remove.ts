// `berth project remove`: an empty project goes, with its robots and members.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { confirm, withConfirmation, type ConfirmOptions } from "../access/confirm.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = [
  "berth project remove team",
  "berth project remove team --yes    without asking, for scripts",
];

export function projectRemoveCommand(parts: AccessParts): Command {
  const description = "remove a project that holds no repository, with its robots and members";
  const command = accessCommand("remove", description, examples).argument("<name>");
  return withConfirmation(command).action(async (name: string, options: AccessOptions & ConfirmOptions) => {
    const { terminal } = parts;
    await confirm(terminal, options, `Remove the project ${name} with its robots and members`);
    const change = { action: "project.delete", target: name };
    await withChange(parts, options, change, ({ projects }) => projects.delete(name));
    printDone(terminal, options, `removed the project ${name}`, { name, removed: true });
  });
}
