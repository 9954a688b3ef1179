#!/usr/bin/env node
// The process entry: the real terminal and the real parts, handed to the command line.
import { runCommandLine } from "./cli/run-command-line.ts";

const terminal = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
  environment: process.env,
  onSignal: (signal: "SIGTERM" | "SIGINT", listener: () => void) => void process.on(signal, listener),
  offSignal: (signal: "SIGTERM" | "SIGINT", listener: () => void) => void process.off(signal, listener),
  exit: (code: number) => process.exit(code),
};

// Loaded when serving begins, so that `berth --help` answers at once.
process.exitCode = await runCommandLine(process.argv.slice(2), terminal, {
  openLog: async (config) => (await import("./observability/logger.ts")).createLogger(config.log.level),
  assemble: async (config, logger) => (await import("./assemble.ts")).assemble(config, { logger }),
});
