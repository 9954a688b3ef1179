// `berth token …`: access tokens of users.
import { Command } from "commander";
import type { AccessParts } from "../access/access-command.ts";
import { tokenAddCommand } from "./token-add.ts";
import { tokenListCommand } from "./token-list.ts";
import { tokenRevokeCommand } from "./token-revoke.ts";

export function tokenCommand(parts: AccessParts): Command {
  return new Command("token")
    .description("access tokens of users, used instead of the password")
    .addCommand(tokenAddCommand(parts))
    .addCommand(tokenListCommand(parts))
    .addCommand(tokenRevokeCommand(parts));
}
