// `berth project set`: who may pull without a role, and what the project is.
import { Option, type Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { requireChange } from "../access/require-change.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { projectDocument } from "./project-document.ts";

type Options = AccessOptions & {
  readonly public?: boolean;
  readonly private?: boolean;
  readonly description?: string;
};

const examples = [
  "berth project set team --public",
  "berth project set team --private --description 'Web team'",
];

export function projectSetCommand(parts: AccessParts): Command {
  return accessCommand("set", "change a project", examples)
    .argument("<name>")
    .addOption(new Option("--public", "everybody may pull, also without an account").conflicts("private"))
    .option("--private", "only members may pull")
    .option("--description <text>", "in one line")
    .action(async (name: string, options: Options, self: Command) => {
      const isPublic = options.private === true ? false : options.public;
      const wanted = { public: isPublic, description: options.description };
      requireChange(self, wanted);
      const change = { action: "project.change", target: name, detail: summary(wanted) };
      const project = await withChange(parts, options, change, ({ projects }) =>
        projects.change(name, wanted),
      );
      printDone(parts.terminal, options, `changed the project ${name}`, projectDocument(project));
    });
}
