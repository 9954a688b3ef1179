// What the commands on the mirror have in common: what they are given to work with, and the frame in which it is opened,
// used and closed, and in which a change reaches the audit trail.
import type { OpenMirror, OpenMirrorOptions } from "../../assembly/mirror-tools.ts";
import type { Config } from "../../config/load-config.ts";
import { entryOf, type Change } from "../access/with-access.ts";
import { configFrom } from "../config-options.ts";
import { StorageFailure } from "../explain-failure.ts";
import { listenForShutdown } from "../shutdown.ts";
import type { StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";

/** Opens the mirror of an existing registry; main.ts gives the real one. */
export type Mirroring = {
  readonly openMirror: (config: Config, options: OpenMirrorOptions) => Promise<OpenMirror>;
};

export type MirrorParts = Mirroring & { readonly terminal: Terminal };

/**
 * @param work ends in order when its signal fires, at the first Ctrl-C
 * @throws StorageFailure
 */
export async function withMirror<T>(
  { terminal, openMirror }: MirrorParts,
  options: StorageOptions,
  work: (mirror: OpenMirror, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const config = configFrom(options, terminal);
  const shutdown = listenForShutdown(terminal);
  const stop = new AbortController();
  void shutdown.requested.then((name) => stop.abort(new Error(`error: ended by ${name}`)));
  try {
    const mirror = await openMirror(config, { now: terminal.now });
    try {
      return await work(mirror, stop.signal);
    } finally {
      await mirror.close();
    }
  } catch (cause) {
    throw new StorageFailure(config, cause, { exclusive: false });
  } finally {
    shutdown.dispose();
  }
}

/** As `withMirror`, for work that changes something: that is recorded before it is acknowledged. */
export async function withMirrorChange<T>(
  parts: MirrorParts,
  options: StorageOptions,
  change: Change,
  work: (mirror: OpenMirror, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withMirror(parts, options, async (mirror, signal) => {
    const result = await work(mirror, signal);
    await mirror.trail.write(entryOf(parts.terminal, change, "allowed", change.detail));
    return result;
  });
}
