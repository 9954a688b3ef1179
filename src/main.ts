#!/usr/bin/env node
// The process: its arguments, streams and signals are handed to the command line, and its exit code comes back.
import { fileURLToPath } from "node:url";
import { runCommandLine } from "./cli/run-command-line.ts";
import type { Machinery } from "./cli/program.ts";
import { processTerminal } from "./cli/process-terminal.ts";

// Loaded only when needed: `berth --version` has no use for a server and a database.
const machinery: Machinery = {
  openLog: async ({ log }) => (await import("./observability/logger.ts")).openLog(log.level),
  assemble: async (config, log, adminPassword) => {
    if (config.http.workers === 1) {
      const { assemble } = await import("./assembly/assemble.ts");
      return assemble(config, { logger: log.logger, adminPassword });
    }
    const program = fileURLToPath(new URL("worker.js", import.meta.url));
    const { startWorkers } = await import("./workers/start-workers.ts");
    return startWorkers(config, { log, adminPassword, program });
  },
  openAccess: async (config, options) =>
    (await import("./assembly/access-services.ts")).openAccess(config, options),
  openStorage: async (config, options) =>
    (await import("./assembly/storage-tools.ts")).openStorage(config, options),
  openGc: async (config, options) => (await import("./assembly/gc-tools.ts")).openGc(config, options),
  openRetention: async (config, options) =>
    (await import("./assembly/retention-tools.ts")).openRetentionTools(config, options),
  openTags: async (config, options) => (await import("./assembly/tag-tools.ts")).openTags(config, options),
  openFsck: async (config, options) => (await import("./assembly/fsck-tools.ts")).openFsck(config, options),
  openMirror: async (config, options) =>
    (await import("./assembly/mirror-tools.ts")).openMirror(config, options),
  probeUpstreams: async function* (config, wanted) {
    yield* (await import("./assembly/upstream-probes.ts")).probeUpstreams(config, wanted);
  },
  probeStorage: async function* (config) {
    yield* (await import("./assembly/storage-tools.ts")).probeStorage(config);
  },
};

// `berth config schema | head` closes the pipe early, which is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal(process), machinery);

// Everything is closed by now. Should something have been forgotten, it does not keep the process from ending.
setTimeout(() => process.exit(), 1000).unref();
