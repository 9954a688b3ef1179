// `berth project add`: a place for repositories: team is the project of team/app and team/tools/lint.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { projectDocument } from "./project-document.ts";

type Options = AccessOptions & { readonly public?: boolean; readonly description?: string };

const examples = [
  "berth project add team                    for team/app, team/web …; give roles by `berth project member set`",
  "berth project add base --public --description 'Base images'",
];

export function projectAddCommand(parts: AccessParts): Command {
  return accessCommand("add", "make a project; it has no members yet", examples)
    .argument("<name>", "the first segment of its repositories' names")
    .option("--public", "everybody may pull, also without an account")
    .option("--description <text>", "in one line")
    .action(async (name: string, options: Options) => {
      const wanted = { public: options.public, description: options.description };
      const change = { action: "project.create", target: name, detail: summary(wanted) };
      const project = await withChange(parts, options, change, ({ projects }) =>
        projects.create({ name, ...wanted }),
      );
      printDone(parts.terminal, options, `added the project ${name}`, projectDocument(project));
    });
}
