// The process of one worker of `http.workers`: started by the primary, which alone speaks with it.
import { assemble } from "./assembly/assemble.ts";
import { createLogger } from "./observability/logger.ts";
import { runWorker } from "./workers/run-worker.ts";
import type { FromWorker } from "./workers/messages.ts";

// A terminal and systemd send these to every process; the primary says what becomes of it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

// Without its primary a worker ends at once, and not by process.exit, as node:cluster would have it: there the logger tries
// for ever to write the last lines to a pipe that nobody reads any more.
process.prependListener("disconnect", () => process.kill(process.pid, "SIGKILL"));

runWorker({
  assemble: ({ number, config, adminPassword }) => {
    const logger = createLogger(config.log.level, undefined, { worker: number });
    return assemble(config, { logger, adminPassword, upkeep: number === 1 });
  },
  listen: (hear) => void process.on("message", hear),
  send: (message: FromWorker) =>
    new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve())),
  exit: (code) => process.exit(code),
});
