// `berth robot …`: machines.
import { Command } from "commander";
import type { AccessParts } from "../access/access-command.ts";
import { robotAddCommand } from "./robot-add.ts";
import { robotListCommand } from "./robot-list.ts";
import { robotRemoveCommand } from "./robot-remove.ts";
import { robotRevokeCommand } from "./robot-revoke.ts";
import { robotRotateCommand } from "./robot-rotate.ts";
import { robotSetCommand } from "./robot-set.ts";
import { robotShowCommand } from "./robot-show.ts";

export function robotCommand(parts: AccessParts): Command {
  return new Command("robot")
    .description("accounts of machines, such as CI")
    .addCommand(robotAddCommand(parts))
    .addCommand(robotListCommand(parts))
    .addCommand(robotShowCommand(parts))
    .addCommand(robotSetCommand(parts))
    .addCommand(robotRotateCommand(parts))
    .addCommand(robotRevokeCommand(parts))
    .addCommand(robotRemoveCommand(parts));
}
