// `berth serve`: configuration → a running registry → an orderly end on SIGTERM or SIGINT.
import { Command } from "commander";
import type { FirstAdmin } from "../../auth/accounts/first-admin.ts";
import { realmRisk } from "../config/auth-mode.ts";
import type { Config } from "../config/load-config.ts";
import type { Log } from "../observability/logger.ts";
import { configFrom, withConfigOptions } from "./config-options.ts";
import type { ConfigOptions } from "./config-options.ts";
import { StartFailure } from "./explain-failure.ts";
import { listenForReload } from "./reload.ts";
import { listenForShutdown } from "./shutdown.ts";
import type { Terminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** A registry that answers. `close` lets running transfers finish, up to http.drainSeconds. */
export type RunningServer = {
  readonly urls: { readonly http: string; readonly metrics?: string | undefined };
  /** The account that was made because there was none. */
  readonly firstAdmin?: FirstAdmin | undefined;
  /** Takes over what can change while it runs: the mirror's limits on what is kept. */
  readonly change: (config: Config) => void;
  readonly close: () => Promise<void>;
  /** Rejects when it can't go on; nothing of it runs any more then. */
  readonly failed?: Promise<never>;
};

/** What `serve` puts to work; main.ts gives the real ones. */
export type Serving = {
  readonly openLog: (config: Config) => Promise<Log>;
  readonly assemble: (config: Config, log: Log, adminPassword: string | undefined) => Promise<RunningServer>;
};

async function start(read: () => Config, terminal: Terminal, serving: Serving): Promise<void> {
  const config = read();
  const opened = await serving.openLog(config);
  const log = opened.logger;
  const shutdown = listenForShutdown(terminal);
  try {
    const adminPassword = terminal.environment["BERTH_ADMIN_PASSWORD"] || undefined;
    const server = await serving.assemble(config, opened, adminPassword).catch((cause: unknown) => {
      throw new StartFailure(config, cause);
    });
    announceAddress(config, server, log);
    announce(server.firstAdmin, terminal);

    const { change, failed = new Promise<never>(() => undefined) } = server;
    const stopReloads = listenForReload({ terminal, log, config, read, change });
    const signal = await Promise.race([shutdown.requested, failed]).finally(stopReloads);
    const { drainSeconds } = config.http;
    log.info(
      { signal },
      `${signal}: finishing transfers for up to ${drainSeconds} s; a second signal ends at once`,
    );
    await server.close();
    log.info({}, "Berth has stopped");
  } finally {
    await opened.flush();
    shutdown.dispose();
  }
}

function announceAddress(config: Config, { urls }: RunningServer, log: Log["logger"]): void {
  const { data, http } = config;
  const { mode, reason } = config.auth;
  const fields = { version: packageVersion(), urls, data, auth: { mode, reason } };
  const count = http.workers === 1 ? "" : `; ${http.workers} workers`;
  const who = `auth mode ${mode} (${reason})`;
  log.info(fields, `Berth listens on ${urls.http}; data in ${data}; ${who}${count}`);
  if (urls.metrics !== undefined) log.info({}, `Metrics are at ${urls.metrics}`);
  const risk = realmRisk(config);
  if (risk !== undefined) log.warn({}, risk);
}

/** Not in the log, which is kept and sent around: a password is shown once, to whoever starts the registry. */
function announce(admin: FirstAdmin | undefined, terminal: Terminal): void {
  if (admin === undefined) return;
  const password = admin.generated ? `\n  password: ${admin.password}` : "";
  terminal.stderr(
    `\nThe first account was made:\n\n  name:     ${admin.name}${password}\n\n` +
      (admin.generated
        ? "It is not shown again. Change it with: berth user passwd admin\n\n"
        : "Its password is the one in BERTH_ADMIN_PASSWORD, which is not needed any more.\n\n"),
  );
}

const examples = `
Examples:
  $ berth serve                                          http://127.0.0.1:5000, data in ./data, for this machine alone
  $ berth serve --listen :5000                           with accounts; the first start prints admin's password
  $ berth serve --listen :5000 --auth-mode open          for everyone who reaches the port
  $ berth serve --config berth.yaml --data /var/lib/berth
  $ berth serve --workers auto                           one process for each core, on one port and the same data
  $ BERTH_HTTP_LISTEN=127.0.0.1:8080 berth serve

SIGTERM or SIGINT lets running transfers finish (http.drainSeconds); a second one ends at once.
SIGHUP reads the configuration again, for how much the mirror keeps and for how long.`;

export function serveCommand(terminal: Terminal, serving: Serving): Command {
  return withConfigOptions(new Command("serve"))
    .description("run the registry")
    .option("--workers <count>", "how many processes serve, or auto for one for each core (http.workers)")
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => start(() => configFrom(options, terminal), terminal, serving));
}
