// `berth token list`: which access tokens a user has, and when they were used.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { withAccess } from "../access/with-access.ts";
import { printList } from "../output/print.ts";
import { tokenDocument } from "./token-document.ts";

const examples = ["berth token list jane"];
const columns = ["id", "label", "actions", "createdAt", "expiresAt", "lastUsedAt"];

export function tokenListCommand(parts: AccessParts): Command {
  return accessCommand("list", "list a user's access tokens (not what they are), newest first", examples)
    .argument("<user>")
    .action(async (user: string, options: AccessOptions) => {
      const tokens = await withAccess(parts, options, ({ personalTokens }) => personalTokens.list(user));
      const documents = tokens.map(tokenDocument);
      const text = documents.map((token) => ({ ...token, actions: token["actions"] ?? "all" }));
      printList(parts.terminal, options, columns, options.json === true ? documents : text);
    });
}
