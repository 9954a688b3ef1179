#!/usr/bin/env node
// The process: its arguments, streams and signals are handed to the command line, and its exit code comes back.
import { runCommandLine } from "./cli/run-command-line.ts";
import type { Serving } from "./cli/serve.ts";
import type { Terminal } from "./cli/terminal.ts";

const terminal: Terminal = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  environment: process.env,
  onSignal: (signal, listener) => void process.on(signal, listener),
  offSignal: (signal, listener) => void process.off(signal, listener),
  exit: (code) => process.exit(code),
};

// Loaded only when needed: `berth --version` has no use for a server and a database.
const serving: Serving = {
  openLog: async ({ log }) => (await import("./observability/logger.ts")).createLogger(log.level),
  assemble: async (config, logger, adminPassword) =>
    (await import("./assemble.ts")).assemble(config, { logger, adminPassword }),
};

// `berth config schema | head` closes the pipe early, which is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), terminal, serving);

// Everything is closed by now. Should something have been forgotten, it does not keep the process from ending.
setTimeout(() => process.exit(), 1000).unref();
