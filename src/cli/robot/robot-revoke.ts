// `berth robot revoke`: the last step of an exchange of secrets: the old one ends.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = ["berth robot show ci           lists the ids of its secrets", "berth robot revoke ci <id>"];

export function robotRevokeCommand(parts: AccessParts): Command {
  return accessCommand("revoke", "end one of a robot's secrets", examples)
    .argument("<name>")
    .argument("<id>", "of the secret, as `berth robot show` lists it")
    .action(async (name: string, id: string, options: AccessOptions) => {
      const change = { action: "robot.secret.delete", target: `${name} ${id}` };
      await withChange(parts, options, change, ({ robots }) => robots.deleteSecret(name, id));
      printDone(parts.terminal, options, `ended a secret of the robot ${name}`, { name, id, revoked: true });
    });
}
