// `berth robot rotate`: one more secret, so that the one in use can be exchanged while it still works.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printSecret } from "../output/print.ts";
import { robotDocument, robotSecretDocument } from "./robot-document.ts";

const examples = [
  "berth robot rotate ci                the secret in use stays valid",
  "berth robot show ci                  which secret is used, and when it was last",
  "berth robot revoke ci <id>           ends the old one, when nothing uses it any more",
];

export function robotRotateCommand(parts: AccessParts): Command {
  const description = "print a new secret, this once; of the older ones the newest stays valid";
  return accessCommand("rotate", description, examples)
    .argument("<name>")
    .action(async (name: string, options: AccessOptions) => {
      const change = { action: "robot.rotate", target: name };
      const { secret, robot, secrets } = await withChange(parts, options, change, async ({ robots }) => ({
        ...(await robots.rotate(name)),
        robot: await robots.get(name),
        secrets: await robots.listSecrets(name),
      }));
      const old = secrets[1];
      const hints = [
        `The robot ${name} has a new secret, which follows and is not shown again.`,
        ...(old ? [`The one before is valid until you end it: berth robot revoke ${name} ${old.id}`] : []),
      ];
      const document = { ...robotDocument(robot), secrets: secrets.map(robotSecretDocument) };
      printSecret(parts.terminal, options, secret, { hints, document });
    });
}
