// `berth robot remove`: a machine's account goes; what it pushed stays.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { confirm, withConfirmation, type ConfirmOptions } from "../access/confirm.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = ["berth robot remove ci", "berth robot remove ci --yes    without asking, for scripts"];

export function robotRemoveCommand(parts: AccessParts): Command {
  const description = "remove a robot with its secrets; what it pushed stays";
  const command = accessCommand("remove", description, examples).argument("<name>");
  return withConfirmation(command).action(async (name: string, options: AccessOptions & ConfirmOptions) => {
    const { terminal } = parts;
    await confirm(terminal, options, `Remove the robot ${name} with its secrets`);
    const change = { action: "robot.delete", target: name };
    await withChange(parts, options, change, ({ robots }) => robots.delete(name));
    printDone(terminal, options, `removed the robot ${name}`, { name, removed: true });
  });
}
