// `berth robot set`: what a robot may do, until when, and whether at all.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { actionsHelp, parseActions } from "../access/action-list.ts";
import { disabledOf, withEnabling, type EnablingOptions } from "../access/enabling.ts";
import { expiryHelp, expiryTime, parseExpiry, type Expiry } from "../access/expiry.ts";
import { requireChange } from "../access/require-change.ts";
import { withChange } from "../access/with-access.ts";
import { timeOf } from "../output/document.ts";
import { printDone } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { robotDocument } from "./robot-document.ts";

type Options = AccessOptions &
  EnablingOptions & {
    readonly allow?: string[];
    readonly expires?: Expiry;
    readonly createProjects?: boolean;
    readonly description?: string;
  };

const examples = [
  "berth robot set ci --allow pull        takes push away, within seconds",
  "berth robot set ci --expires 2027-01-31",
  "berth robot set ci --disable",
];

export function robotSetCommand(parts: AccessParts): Command {
  const command = accessCommand("set", "change a robot", examples)
    .argument("<name>")
    .option("--allow <actions>", actionsHelp, parseActions)
    .option("--expires <when>", expiryHelp, parseExpiry)
    .option("--create-projects", "pushing to a project that does not exist makes it")
    .option("--no-create-projects", "pushing to a project that does not exist does not make it")
    .option("--description <text>", "in one line");
  return withEnabling(command).action(async (name: string, options: Options, self: Command) => {
    const { expires, allow: actions, createProjects: mayCreateProjects, description } = options;
    const expiresAt = expires && (expiryTime(expires, parts.terminal.now()) ?? null);
    const wanted = { actions, expiresAt, mayCreateProjects, disabled: disabledOf(options), description };
    requireChange(self, wanted);
    const shownExpiry = expiresAt === null ? "null" : timeOf(expiresAt);
    const detail = summary({ ...wanted, expiresAt: shownExpiry });
    const change = { action: "robot.change", target: name, detail };
    const robot = await withChange(parts, options, change, ({ robots }) => robots.change(name, wanted));
    printDone(parts.terminal, options, `changed the robot ${name}`, robotDocument(robot));
  });
}
