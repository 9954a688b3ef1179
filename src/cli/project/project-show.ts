// `berth project show`: one project, with its members and robots.
import type { Command } from "commander";
import type { OpenAccess } from "../../assembly/access-services.ts";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { allPages } from "../access/all-pages.ts";
import { withAccess } from "../access/with-access.ts";
import type { Document } from "../output/document.ts";
import { printRecord } from "../output/print.ts";
import { allMembers } from "./all-members.ts";
import { memberDocument, projectDocument } from "./project-document.ts";

const examples = ["berth project show team", "berth project show team --json | jq .members"];

export function projectShowCommand(parts: AccessParts): Command {
  return accessCommand("show", "show a project, with its members and robots", examples)
    .argument("<name>")
    .action(async (name: string, options: AccessOptions) => {
      const document = await withAccess(parts, options, (access) => read(access, name));
      printRecord(parts.terminal, options, document);
    });
}

async function read(access: OpenAccess, name: string): Promise<Document> {
  const project = await access.projects.get(name);
  const members = await allMembers(access, name);
  const robots = await allPages(
    (page) => access.robots.list({ ...page, project: name }),
    (robot) => robot.name,
  );
  return {
    ...projectDocument(project, await access.projects.usedBytes(name)),
    robots: robots.map((robot) => robot.name),
    members: members.map(memberDocument),
  };
}
