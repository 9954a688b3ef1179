// `berth user add`: an account for a person.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { newPassword, withPasswordStdin, type PasswordOptions } from "../access/new-password.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { userDocument } from "./user-document.ts";

type Options = AccessOptions &
  PasswordOptions & {
    readonly admin?: boolean;
    readonly createProjects: boolean;
    readonly description?: string;
    readonly password: boolean;
  };

const examples = [
  "berth user add jane                                   asks for her password",
  "berth user add jane --password-stdin < jane.password  for scripts",
  "berth user add olga --admin --description 'Olga, operations'",
  "berth user add build --no-password                    logs in by access tokens alone",
];

export function userAddCommand(parts: AccessParts): Command {
  const command = accessCommand("add", "make an account for a person", examples)
    .argument("<name>", "2 to 64 characters of a-z, 0-9, dot, underscore and hyphen")
    .option("--admin", "a system administrator, who may do everything")
    .option("--no-create-projects", "pushing to a project that does not exist does not make it")
    .option("--description <text>", "in one line")
    .option("--no-password", "no password: for one who logs in by access token or through htpasswd");
  return withPasswordStdin(command).action((name: string, options: Options, self: Command) => {
    if (options.passwordStdin === true && !options.password) {
      self.error("error: choose one of --password-stdin and --no-password");
    }
    return add(parts, name, options);
  });
}

async function add(parts: AccessParts, name: string, options: Options): Promise<void> {
  const { terminal } = parts;
  const { admin: systemAdmin, createProjects: mayCreateProjects, description } = options;
  const password = options.password
    ? await newPassword(terminal, options, ", or use --no-password")
    : undefined;
  const wanted = { description, systemAdmin, mayCreateProjects };
  const change = { action: "user.create", target: name, detail: summary(wanted) };
  const user = await withChange(parts, options, change, ({ users }) =>
    users.create({ name, password, ...wanted }),
  );
  printDone(terminal, options, `added the user ${name}`, userDocument(user));
}
