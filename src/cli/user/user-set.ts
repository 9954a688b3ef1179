// `berth user set`: what a user may do, and whether at all.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { disabledOf, withEnabling, type EnablingOptions } from "../access/enabling.ts";
import { requireChange } from "../access/require-change.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { userDocument } from "./user-document.ts";

type Options = AccessOptions &
  EnablingOptions & {
    readonly admin?: boolean;
    readonly createProjects?: boolean;
    readonly description?: string;
  };

const examples = [
  "berth user set jane --admin         a system administrator from now on",
  "berth user set jane --disable       logins, tokens and uploads end within seconds",
  "berth user set jane --description 'Jane, web team' --no-create-projects",
];

export function userSetCommand(parts: AccessParts): Command {
  const command = accessCommand("set", "change a user", examples)
    .argument("<name>")
    .option("--admin", "a system administrator, who may do everything")
    .option("--no-admin", "not a system administrator")
    .option("--create-projects", "pushing to a project that does not exist makes it")
    .option("--no-create-projects", "pushing to a project that does not exist does not make it")
    .option("--description <text>", "in one line");
  return withEnabling(command).action(async (name: string, options: Options, self: Command) => {
    const { admin: systemAdmin, createProjects: mayCreateProjects, description } = options;
    const wanted = { systemAdmin, mayCreateProjects, disabled: disabledOf(options), description };
    requireChange(self, wanted);
    const change = { action: "user.change", target: name, detail: summary(wanted) };
    const user = await withChange(parts, options, change, ({ users }) => users.change(name, wanted));
    printDone(parts.terminal, options, `changed the user ${name}`, userDocument(user));
  });
}
