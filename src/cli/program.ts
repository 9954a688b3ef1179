// The tree of commands, and the help that stands above it. Each command has a file of its own.
import { Command } from "commander";
import { configCheckCommand } from "./config-check.ts";
import { configPrintCommand } from "./config-print.ts";
import { configSchemaCommand } from "./config-schema.ts";
import { serveCommand } from "./serve.ts";
import type { Serving } from "./serve.ts";
import type { Terminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

const guide = `
Examples:
  $ berth serve                                a registry on http://127.0.0.1:5000, data in ./data
  $ docker push 127.0.0.1:5000/team/app:1      then push to it
  $ berth serve --config berth.yaml            with a configuration file
  $ berth config check --config berth.yaml     is the file right?
  $ berth config print                         what is in force?

Configuration:
  Defaults, then the YAML file (--config or BERTH_CONFIG), then the environment, then options.
  A variable's name is the key's path: http.drainSeconds is BERTH_HTTP_DRAIN_SECONDS.
  Every key: docs/configuration.md, or \`berth config schema\`.`;

/** Commander never ends the process here: it throws a CommanderError with what it would have exited for. */
export function createProgram(terminal: Terminal, serving: Serving): Command {
  const program = new Command("berth")
    .description("Berth, a private OCI registry: push, pull, and keep what was acknowledged.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "show help; also for each command, as in `berth serve --help`")
    .addHelpText("after", guide);
  const config = new Command("config")
    .description("check, print or describe the configuration")
    .addCommand(configCheckCommand(terminal))
    .addCommand(configPrintCommand(terminal))
    .addCommand(configSchemaCommand(terminal));
  program.addCommand(serveCommand(terminal, serving)).addCommand(config);
  for (const command of [program, ...program.commands, ...config.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: terminal.stdout, writeErr: terminal.stderr })
      .showHelpAfterError("(--help shows what is possible)");
  }
  return program;
}
