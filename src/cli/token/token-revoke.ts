// `berth token revoke`: one access token ends; the others and the password stay.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withChange } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";

const examples = ["berth token list jane           lists the ids", "berth token revoke jane <id>"];

export function tokenRevokeCommand(parts: AccessParts): Command {
  return accessCommand("revoke", "end one of a user's access tokens", examples)
    .argument("<user>")
    .argument("<id>", "of the token, as `berth token list` shows it")
    .action(async (user: string, id: string, options: AccessOptions) => {
      const change = { action: "token.revoke", target: `${user} ${id}` };
      await withChange(parts, options, change, ({ personalTokens }) => personalTokens.revoke(user, id));
      printDone(parts.terminal, options, `ended an access token of ${user}`, { user, id, revoked: true });
    });
}
