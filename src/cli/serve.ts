// `berth serve`: configuration → a running registry → an orderly end on SIGTERM or SIGINT.
import { Command } from "commander";
import type { Config } from "../config/load-config.ts";
import type { Logger } from "../observability/logger.ts";
import { configFrom, withConfigOptions } from "./config-options.ts";
import type { ConfigOptions } from "./config-options.ts";
import { StartFailure } from "./explain-failure.ts";
import { listenForShutdown } from "./shutdown.ts";
import type { Terminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** A registry that answers. `close` lets running transfers finish, up to http.drainSeconds. */
export type RunningServer = {
  readonly urls: { readonly http: string; readonly metrics?: string | undefined };
  readonly close: () => Promise<void>;
};

/** What `serve` puts to work; main.ts gives the real ones. */
export type Serving = {
  readonly openLog: (config: Config) => Promise<Logger>;
  readonly assemble: (config: Config, log: Logger) => Promise<RunningServer>;
};

async function start(config: Config, terminal: Terminal, serving: Serving): Promise<void> {
  const log = await serving.openLog(config);
  const shutdown = listenForShutdown(terminal);
  try {
    const server = await serving.assemble(config, log).catch((cause: unknown) => {
      throw new StartFailure(config, cause);
    });
    const { data, auth } = config;
    const fields = { version: packageVersion(), urls: server.urls, data, auth };
    const who = `auth mode ${auth.mode} (${auth.reason})`;
    log.info(fields, `Berth listens on ${server.urls.http}; data in ${data}; ${who}`);
    if (server.urls.metrics !== undefined) log.info({}, `Metrics are at ${server.urls.metrics}`);

    const signal = await shutdown.requested;
    const { drainSeconds } = config.http;
    log.info(
      { signal },
      `${signal}: finishing transfers for up to ${drainSeconds} s; a second signal ends at once`,
    );
    await server.close();
    log.info({}, "Berth has stopped");
  } finally {
    shutdown.dispose();
  }
}

const examples = `
Examples:
  $ berth serve                                          http://127.0.0.1:5000, data in ./data, for this machine alone
  $ berth serve --listen :5000 --auth-mode open          for everyone who reaches the port
  $ berth serve --config berth.yaml --data /var/lib/berth
  $ BERTH_HTTP_LISTEN=127.0.0.1:8080 berth serve

SIGTERM or SIGINT lets running transfers finish (http.drainSeconds); a second one ends at once.`;

export function serveCommand(terminal: Terminal, serving: Serving): Command {
  return withConfigOptions(new Command("serve"))
    .description("run the registry")
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => start(configFrom(options, terminal), terminal, serving));
}
