// What the commands on the collector have in common: what they are given to work with, and the frame in which it is
// opened, used and closed.
import type { CollectedAmount, OpenGc } from "../../assembly/gc-tools.ts";
import type { Config } from "../../config/load-config.ts";
import { configFrom } from "../config-options.ts";
import { StorageFailure } from "../explain-failure.ts";
import { byteCount } from "../output/byte-count.ts";
import { listenForShutdown } from "../shutdown.ts";
import type { StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";

/** Opens the collector of an existing registry; main.ts gives the real one. */
export type Collecting = {
  readonly openGc: (config: Config, options: { readonly now: () => number }) => Promise<OpenGc>;
};

export type GcParts = Collecting & { readonly terminal: Terminal };

/**
 * @param work ends in order when its signal fires, at the first Ctrl-C
 * @throws StorageFailure
 */
export async function withGc<T>(
  { terminal, openGc }: GcParts,
  options: StorageOptions,
  work: (gc: OpenGc, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const config = configFrom(options, terminal);
  const shutdown = listenForShutdown(terminal);
  const stop = new AbortController();
  void shutdown.requested.then((name) =>
    stop.abort(new Error(`error: ended by ${name}; what was removed is removed`)),
  );
  try {
    const gc = await openGc(config, { now: terminal.now });
    try {
      return await work(gc, stop.signal);
    } finally {
      await gc.close();
    }
  } catch (cause) {
    throw new StorageFailure(config, cause, { exclusive: false });
  } finally {
    shutdown.dispose();
  }
}

/** `2 manifests, 3 blobs (1.5 MiB)`, and links where there are more than blobs. */
export function amountText({ manifests, links, blobs, bytes }: CollectedAmount): string {
  const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
  const shared = links > blobs ? `${counted(links, "link")} to blobs, ` : "";
  return `${counted(manifests, "manifest")}, ${shared}${counted(blobs, "blob")} (${byteCount(bytes)})`;
}
