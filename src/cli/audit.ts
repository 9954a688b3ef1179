// `berth audit`: who did what, newest first.
import { InvalidArgumentError, Option, type Command } from "commander";
import { accessCommand, type AccessOptions, type AccessParts } from "./access/access-command.ts";
import { withAccess } from "./access/with-access.ts";
import { timeOf } from "./output/document.ts";
import { printList } from "./output/print.ts";

type Options = AccessOptions & {
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: "allowed" | "refused" | "failed";
  readonly limit: number;
};

const examples = [
  "berth audit                                the newest 50 entries",
  "berth audit --action login --outcome refused --limit 200",
  "berth audit --actor jane --json",
];
const columns = ["at", "actor", "action", "target", "outcome", "address", "detail"];
const mostEntries = 10_000;

export function auditCommand(parts: AccessParts): Command {
  return accessCommand("audit", "show the audit trail: logins, refusals and changes, newest first", examples)
    .option("--actor <name>", "only what this account did; the command line's are called cli:<system user>")
    .option("--action <action>", "only this, such as login, access or user.create")
    .addOption(new Option("--outcome <outcome>", "only these").choices(["allowed", "refused", "failed"]))
    .option("--limit <count>", `at most so many, up to ${mostEntries}`, parseLimit, 50)
    .action(async (options: Options) => {
      const { actor, action, outcome, limit } = options;
      const { entries } = await withAccess(parts, options, ({ audit }) =>
        audit.list({ actor, action, outcome, limit }),
      );
      const documents = entries.map((entry) => ({ ...entry, at: timeOf(entry.at) }));
      printList(parts.terminal, options, columns, documents);
    });
}

/** @throws InvalidArgumentError */
function parseLimit(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostEntries) return count;
  throw new InvalidArgumentError(`Give a number from 1 to ${mostEntries}.`);
}
