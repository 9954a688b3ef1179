// `berth robot show`: one robot, with the ids of its valid secrets and when they were used.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withAccess } from "../access/with-access.ts";
import { printRecord } from "../output/print.ts";
import { robotDocument, robotSecretDocument } from "./robot-document.ts";

const examples = ["berth robot show ci", "berth robot show ci --json | jq .secrets"];

export function robotShowCommand(parts: AccessParts): Command {
  return accessCommand("show", "show a robot, and which secrets it has (not what they are)", examples)
    .argument("<name>")
    .action(async (name: string, options: AccessOptions) => {
      const document = await withAccess(parts, options, async ({ robots }) => {
        const robot = await robots.get(name);
        const secrets = await robots.listSecrets(name);
        return { ...robotDocument(robot), secrets: secrets.map(robotSecretDocument) };
      });
      printRecord(parts.terminal, options, document);
    });
}
