// `berth token add`: an access token for a user, to be used instead of the password, which is shown this once.
import type { Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "../access/access-command.ts";
import { actionsHelp, parseActions } from "../access/action-list.ts";
import { expiryHelp, expiryTime, parseExpiry, type Expiry } from "../access/expiry.ts";
import { withChange } from "../access/with-access.ts";
import { timeOf } from "../output/document.ts";
import { printSecret } from "../output/print.ts";
import { summary } from "../output/summary.ts";
import { tokenDocument } from "./token-document.ts";

type Options = AccessOptions & {
  readonly label: string;
  readonly allow?: string[];
  readonly expires?: Expiry;
};

const examples = [
  "berth token add jane --label laptop",
  "berth token add jane --label 'nightly scan' --allow pull --expires 90d",
  "TOKEN=$(berth token add jane --label laptop)    standard output is the token alone",
];

export function tokenAddCommand(parts: AccessParts): Command {
  return accessCommand("add", "make an access token for a user and print it, this once", examples)
    .argument("<user>")
    .requiredOption("--label <text>", "what it is for, such as where it is used")
    .option("--allow <actions>", `${actionsHelp}; without it, all that the user may do`, parseActions)
    .option("--expires <when>", expiryHelp, parseExpiry)
    .action((user: string, options: Options) => add(parts, user, options));
}

async function add(parts: AccessParts, user: string, options: Options): Promise<void> {
  const { terminal } = parts;
  const { label, allow: actions, expires } = options;
  const expiresAt = expires && expiryTime(expires, terminal.now());
  const detail = summary({ label, actions, expiresAt: timeOf(expiresAt) });
  const change = { action: "token.create", target: user, detail };
  const { token, secret } = await withChange(parts, options, change, ({ personalTokens }) =>
    personalTokens.create(user, { label, actions, expiresAt }),
  );
  const hints = [
    `The access token follows and is not shown again. ${user} logs in with it as the password:`,
    `  docker login --username ${user} --password-stdin <registry>`,
  ];
  printSecret(terminal, options, secret, { hints, document: { user, ...tokenDocument(token) } });
}
