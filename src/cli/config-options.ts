// The options that every command which reads the configuration has in common.
import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import type { Config } from "../config/load-config.ts";
import type { Terminal } from "./terminal.ts";

export type ConfigOptions = {
  readonly config?: string;
  readonly listen?: string;
  readonly data?: string;
  readonly authMode?: string;
  readonly workers?: string;
};

export function withConfigOptions(command: Command): Command {
  return command
    .option("-c, --config <file>", "YAML configuration file (or BERTH_CONFIG)")
    .option("--listen <host:port>", "address to listen on (http.listen)")
    .option("--data <dir>", "data directory (data)")
    .option("--auth-mode <mode>", "who may do what: open, accounts or token (auth.mode)");
}

/** Throws a ConfigError. */
export function configFrom(options: ConfigOptions, terminal: Terminal): Config {
  const { config, listen, data, authMode, workers } = options;
  const flags = { listen, data, authMode, workers };
  return loadConfig({ file: config, env: terminal.environment, flags });
}
