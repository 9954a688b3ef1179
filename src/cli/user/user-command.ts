// `berth user …`: people.
import { Command } from "commander";
import type { AccessParts } from "../access/access-command.ts";
import { userAddCommand } from "./user-add.ts";
import { userListCommand } from "./user-list.ts";
import { userPasswdCommand } from "./user-passwd.ts";
import { userRemoveCommand } from "./user-remove.ts";
import { userSetCommand } from "./user-set.ts";
import { userShowCommand } from "./user-show.ts";

export function userCommand(parts: AccessParts): Command {
  return new Command("user")
    .description("accounts of people")
    .addCommand(userAddCommand(parts))
    .addCommand(userListCommand(parts))
    .addCommand(userShowCommand(parts))
    .addCommand(userSetCommand(parts))
    .addCommand(userPasswdCommand(parts))
    .addCommand(userRemoveCommand(parts));
}
