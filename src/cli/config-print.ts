// `berth config print`: what is in force after defaults, file, environment and flags.
import { Command } from "commander";
import { printConfig } from "../config/print-config.ts";
import { configFrom, withConfigOptions } from "./config-options.ts";
import type { ConfigOptions } from "./config-options.ts";
import type { Terminal } from "./terminal.ts";

export function configPrintCommand(terminal: Terminal): Command {
  return withConfigOptions(new Command("print"))
    .description("print the effective configuration, secrets hidden")
    .option("--json", "as JSON instead of YAML")
    .addHelpText("after", "\nExamples:\n  $ berth config print\n  $ berth config print --json | jq .http")
    .action((options: ConfigOptions & { json?: boolean }) => {
      terminal.stdout(printConfig(configFrom(options, terminal), options.json === true ? "json" : "yaml"));
    });
}
