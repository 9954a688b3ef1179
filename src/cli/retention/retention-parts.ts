// What the commands on retention have in common: what they are given to work with, and the frame in which it is opened,
// used and closed.
import type { RetainedAmount, RetentionTools } from "../../assembly/retention-tools.ts";
import type { Config } from "../../config/load-config.ts";
import { configFrom } from "../config-options.ts";
import { StorageFailure } from "../explain-failure.ts";
import { listenForShutdown } from "../shutdown.ts";
import type { StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";

/** Opens retention of an existing registry; main.ts gives the real one. */
export type Retaining = {
  readonly openRetention: (
    config: Config,
    options: { readonly now: () => number },
  ) => Promise<RetentionTools>;
};

export type RetentionParts = Retaining & { readonly terminal: Terminal };

/**
 * @param work ends in order when its signal fires, at the first Ctrl-C
 * @throws StorageFailure
 */
export async function withRetention<T>(
  { terminal, openRetention }: RetentionParts,
  options: StorageOptions,
  work: (retention: RetentionTools, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const config = configFrom(options, terminal);
  const shutdown = listenForShutdown(terminal);
  const stop = new AbortController();
  void shutdown.requested.then((name) =>
    stop.abort(new Error(`error: ended by ${name}; what was deleted is deleted`)),
  );
  try {
    const retention = await openRetention(config, { now: terminal.now });
    try {
      return await work(retention, stop.signal);
    } finally {
      await retention.close();
    }
  } catch (cause) {
    throw new StorageFailure(config, cause, { exclusive: false });
  } finally {
    shutdown.dispose();
  }
}

/** `2 tags and 1 untagged manifest in 3 repositories`. */
export function amountText({ repositories, tags, manifests }: RetainedAmount): string {
  const counted = (count: number, one: string, many = `${one}s`): string =>
    `${count} ${count === 1 ? one : many}`;
  const where = counted(repositories, "repository", "repositories");
  return `${counted(tags, "tag")} and ${counted(manifests, "untagged manifest")} in ${where}`;
}
