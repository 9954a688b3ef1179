// `berth project list`: all of them; whoever reads the data directory sees everything.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { allPages } from "../access/all-pages.ts";
import { withAccess } from "../access/with-access.ts";
import type { Document } from "../output/document.ts";
import { printList } from "../output/print.ts";
import { projectDocument } from "./project-document.ts";

const examples = [
  "berth project list",
  "berth project list --json | jq -r '.[] | select(.public) | .name'    what everybody may pull",
];
const columns = ["name", "public", "usedBytes", "maxBytes", "createdAt", "description"];

export function projectListCommand(parts: AccessParts): Command {
  return accessCommand("list", "list the projects", examples).action(async (options: AccessOptions) => {
    const projects = await withAccess(parts, options, async (access) => {
      const found = await allPages(
        (page) => access.projects.list({ ...page, visibility: { kind: "all" } }),
        ({ name }) => name,
      );
      const documents: Document[] = [];
      for (const project of found)
        documents.push(projectDocument(project, await access.projects.usedBytes(project.name)));
      return documents;
    });
    printList(parts.terminal, options, columns, projects);
  });
}
