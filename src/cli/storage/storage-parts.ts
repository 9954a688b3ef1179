// What the commands on storage have in common: what they are given to work with, the options that say where the data
// is, and the frame in which the stores are opened, used and closed.
import { Command } from "commander";
import type { OpenStorage, OpenStorageOptions, Probe } from "../../assembly/storage-tools.ts";
import type { Config } from "../../config/load-config.ts";
import { StorageFailure } from "../explain-failure.ts";
import { listenForShutdown } from "../shutdown.ts";
import type { Terminal } from "../terminal.ts";

/** Opens the storage of an existing registry; main.ts gives the real one. */
export type Maintenance = {
  readonly openStorage: (config: Config, options: OpenStorageOptions) => Promise<OpenStorage>;
  readonly probeStorage: (config: Config) => AsyncIterable<Probe>;
};

export type StorageParts = Maintenance & { readonly terminal: Terminal };

export type StorageOptions = {
  readonly config?: string;
  readonly data?: string;
  readonly json?: boolean;
};

/** @param examples command lines, with what they do */
export function storageSubcommand(name: string, description: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}\n`);
  return new Command(name)
    .description(description)
    .option("-c, --config <file>", "the server's YAML configuration file (or BERTH_CONFIG)")
    .option("--data <dir>", "the server's data directory (data)")
    .option("--json", "print one JSON document")
    .addHelpText("after", `\nExamples:\n${lines.join("")}`.trimEnd());
}

/**
 * @param work ends in order when its signal fires, at the first Ctrl-C
 * @throws StorageFailure
 */
export async function withStorage<T>(
  { terminal, openStorage }: StorageParts,
  config: Config,
  { exclusive }: { readonly exclusive: boolean },
  work: (storage: OpenStorage, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const shutdown = listenForShutdown(terminal);
  const stop = new AbortController();
  void shutdown.requested.then((name) => stop.abort(new Error(`error: ended by ${name}`)));
  try {
    const storage = await openStorage(config, { now: terminal.now, exclusive });
    try {
      return await work(storage, stop.signal);
    } finally {
      await storage.close();
    }
  } catch (cause) {
    throw new StorageFailure(config, cause, { exclusive });
  } finally {
    shutdown.dispose();
  }
}
