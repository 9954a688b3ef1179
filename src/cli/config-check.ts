// `berth config check`: is the configuration one that Berth would start with?
import { Command } from "commander";
import { configFrom, withConfigOptions } from "./config-options.ts";
import type { ConfigOptions } from "./config-options.ts";
import type { Terminal } from "./terminal.ts";

export function configCheckCommand(terminal: Terminal): Command {
  return withConfigOptions(new Command("check"))
    .description("print `ok`, or everything that is wrong and exit with 1")
    .addHelpText("after", "\nExamples:\n  $ berth config check --config berth.yaml")
    .action((options: ConfigOptions) => {
      configFrom(options, terminal);
      terminal.stdout("ok\n");
    });
}
