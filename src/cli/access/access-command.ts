// What all commands on accounts and projects have in common: what they are given to work with, and the options that say
// where the data is and how to print.
import { Command } from "commander";
import type { OpenAccess } from "../../assembly/access-services.ts";
import type { Config } from "../../config/load-config.ts";
import type { Terminal } from "../terminal.ts";

/** Opens the accounts of an existing registry; main.ts gives the real one. */
export type Administration = {
  readonly openAccess: (config: Config, options: { readonly now: () => number }) => Promise<OpenAccess>;
};

export type AccessParts = Administration & { readonly terminal: Terminal };

export type AccessOptions = {
  readonly config?: string;
  readonly data?: string;
  readonly json?: boolean;
};

/** @param examples command lines, with what they do */
export function accessCommand(name: string, description: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}\n`);
  return new Command(name)
    .description(description)
    .option("-c, --config <file>", "the server's YAML configuration file (or BERTH_CONFIG)")
    .option("--data <dir>", "the server's data directory (data)")
    .option("--json", "print JSON")
    .addHelpText("after", `\nExamples:\n${lines.join("")}`.trimEnd());
}
