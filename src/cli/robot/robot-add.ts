// `berth robot add`: an account for a machine, and its secret, which is shown this once.
import type { Command } from "commander";
import type { RobotView } from "../../../auth/accounts/account-view.ts";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { actionsHelp, parseActions } from "../access/action-list.ts";
import { expiryHelp, expiryTime, parseExpiry, type Expiry } from "../access/expiry.ts";
import { withChange } from "../access/with-access.ts";
import { cell } from "../output/cell.ts";
import { timeOf } from "../output/document.ts";
import { printSecret } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { robotDocument } from "./robot-document.ts";

type Options = AccessOptions & {
  readonly project?: string;
  readonly allow: string[];
  readonly expires?: Expiry;
  readonly createProjects?: boolean;
  readonly description?: string;
};

const examples = [
  "berth robot add ci --project team --allow pull,push --expires 90d",
  "SECRET=$(berth robot add ci --project team --allow pull)    standard output is the secret alone",
  "berth robot add mirror --allow pull                         in every project",
];

export function robotAddCommand(parts: AccessParts): Command {
  return accessCommand("add", "make an account for a machine and print its secret, this once", examples)
    .argument("<name>", "2 to 64 characters of a-z, 0-9, dot, underscore and hyphen")
    .requiredOption("--allow <actions>", actionsHelp, parseActions)
    .option("--project <project>", "the one project that it works in; without it, every project")
    .option("--expires <when>", expiryHelp, parseExpiry)
    .option("--create-projects", "pushing to a project that does not exist makes it (only without --project)")
    .option("--description <text>", "in one line")
    .action((name: string, options: Options) => add(parts, name, options));
}

async function add(parts: AccessParts, name: string, options: Options): Promise<void> {
  const { terminal } = parts;
  const { project, allow: actions, createProjects: mayCreateProjects, description } = options;
  const expiresAt = options.expires && expiryTime(options.expires, terminal.now());
  const wanted = { project, actions, mayCreateProjects, description };
  const detail = summary({ ...wanted, expiresAt: timeOf(expiresAt) });
  const change = { action: "robot.create", target: name, detail };
  const { robot, secret } = await withChange(parts, options, change, ({ robots }) =>
    robots.create({ name, ...wanted, expiresAt }),
  );
  const hints = [
    `added the robot ${name}: ${rightsOf(robot)}`,
    "Its secret follows and is not shown again. Log in with it as a password:",
    `  docker login --username ${name} --password-stdin <registry>`,
  ];
  printSecret(terminal, options, secret, { hints, document: robotDocument(robot) });
}

function rightsOf({ actions, project, expiresAt }: RobotView): string {
  const where = project === undefined ? "every project" : `the project ${project}`;
  const until = expiresAt === undefined ? "" : `, until ${cell(timeOf(expiresAt))}`;
  return `${actions.join(", ")} in ${where}${until}`;
}
