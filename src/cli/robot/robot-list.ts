// `berth robot list`: the machines, of one project or of all.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { allPages } from "../access/all-pages.ts";
import { withAccess } from "../access/with-access.ts";
import { printList } from "../output/print.ts";
import { robotDocument } from "./robot-document.ts";

const examples = ["berth robot list", "berth robot list --project team"];
const columns = ["name", "project", "actions", "disabled", "expiresAt", "description"];

export function robotListCommand(parts: AccessParts): Command {
  return accessCommand("list", "list the robots", examples)
    .option("--project <project>", "only those of this project")
    .action(async (options: AccessOptions & { readonly project?: string }) => {
      const { project } = options;
      const robots = await withAccess(parts, options, async (access) => {
        if (project !== undefined) await access.projects.get(project);
        return allPages(
          (page) => access.robots.list({ ...page, project }),
          ({ name }) => name,
        );
      });
      printList(parts.terminal, options, columns, robots.map(robotDocument));
    });
}
