// `berth user passwd`: a new password for somebody who has lost the old one, or is new.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { newPassword, withPasswordStdin, type PasswordOptions } from "../access/new-password.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { userDocument } from "./user-document.ts";

type Options = AccessOptions & PasswordOptions;

const examples = [
  "berth user passwd admin                                    asks for it",
  "berth user passwd admin --password-stdin < admin.password  for scripts",
];

export function userPasswdCommand(parts: AccessParts): Command {
  const command = accessCommand("passwd", "give a user a new password; logins by the old one end", examples);
  return withPasswordStdin(command.argument("<name>")).action(async (name: string, options: Options) => {
    const { terminal } = parts;
    const password = await newPassword(terminal, options);
    const change = { action: "user.password", target: name };
    const user = await withChange(parts, options, change, async ({ users }) => {
      await users.setPassword(name, password);
      return users.get(name);
    });
    printDone(terminal, options, `${name} has a new password`, userDocument(user));
  });
}
