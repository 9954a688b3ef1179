// A whole Berth in this process, on a port and a data directory of its own.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assemble } from "../../src/assembly/assemble.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { createLogger, type Logger } from "../../src/observability/logger.ts";

export interface StartOptions {
  /** Settings by the names of their environment variables, such as BERTH_UPLOADS_LEASE_SECONDS. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands in the configuration file, such as `upstreams` and `mirror`. */
  readonly file?: object;
  /** Kept when given, else a temporary one that goes with the registry. */
  readonly dataDirectory?: string;
  readonly logger?: Logger;
  readonly now?: () => number;
  /** With accounts: the password of `admin`, who is made at the first start. */
  readonly adminPassword?: string;
}

export interface StartedRegistry {
  readonly url: string;
  readonly metricsUrl: string | undefined;
  readonly dataDirectory: string;
  close(): Promise<void>;
}

export async function startRegistry(options: StartOptions = {}): Promise<StartedRegistry> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "berth-test-")));
  const file = options.file && join(dataDirectory, "berth.yaml");
  // JSON is YAML.
  if (file !== undefined) await writeFile(file, JSON.stringify(options.file));
  const config = loadConfig({
    file,
    env: {
      BERTH_HTTP_LISTEN: "127.0.0.1:0",
      BERTH_DATA: dataDirectory,
      BERTH_HTTP_DRAIN_SECONDS: "5",
      ...options.env,
    },
  });
  const logger = options.logger ?? createLogger("silent");
  const { now, adminPassword } = options;
  const running = await assemble(config, { logger, adminPassword, ...(now && { now }) });
  return {
    url: running.urls.http,
    metricsUrl: running.urls.metrics,
    dataDirectory,
    close: async () => {
      await running.close();
      if (options.dataDirectory === undefined) await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
