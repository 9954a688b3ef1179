// `berth user remove`: an account goes; what it pushed stays.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { confirm, withConfirmation, type ConfirmOptions } from "../access/confirm.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = ["berth user remove jane", "berth user remove jane --yes    without asking, for scripts"];

export function userRemoveCommand(parts: AccessParts): Command {
  const description = "remove a user with access tokens and roles; what was pushed stays";
  const command = accessCommand("remove", description, examples).argument("<name>");
  return withConfirmation(command).action(async (name: string, options: AccessOptions & ConfirmOptions) => {
    const { terminal } = parts;
    await confirm(terminal, options, `Remove the user ${name} with all access tokens and roles`);
    const change = { action: "user.delete", target: name };
    await withChange(parts, options, change, ({ users }) => users.delete(name));
    printDone(terminal, options, `removed the user ${name}`, { name, removed: true });
  });
}
