// SIGHUP → the configuration is read again, and what can change while the server runs is changed (REQ-32).
import { changedKeys } from "../config/changed-keys.ts";
import type { Config } from "../config/load-config.ts";
import type { Logger } from "../observability/logger.ts";
import type { Terminal } from "./terminal.ts";

export interface ReloadParts {
  readonly terminal: Pick<Terminal, "onSignal" | "offSignal">;
  readonly log: Pick<Logger, "info" | "error">;
  /** The configuration that is in force. */
  readonly config: Config;
  /** From where the server got its own; throws when it is not valid. */
  readonly read: () => Config;
  /** Tells the server. */
  readonly change: (config: Config) => void;
}

/** @returns gives the signal back to the process */
export function listenForReload({ terminal, log, config, read, change }: ReloadParts): () => void {
  let inForce = config;
  const reload = () => {
    try {
      const wanted = read();
      const next = { ...inForce, mirror: { ...inForce.mirror, ...keepingOf(wanted) } };
      const changed = changedKeys(inForce, next);
      const restart = changedKeys(next, wanted);
      change(next);
      inForce = next;
      log.info({ changed, restart }, `SIGHUP: the configuration was read again; ${told(changed, restart)}`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log.error({}, `SIGHUP: nothing was changed. ${message}`);
    }
  };
  terminal.onSignal("SIGHUP", reload);
  return () => terminal.offSignal("SIGHUP", reload);
}

/** What the server takes over; everything else needs a restart. */
function keepingOf({ mirror }: Config) {
  const { maxBytes, lowWater, idleSeconds, pins, minFreeBytes } = mirror;
  return { maxBytes, lowWater, idleSeconds, pins, minFreeBytes };
}

function told(changed: readonly string[], restart: readonly string[]): string {
  const now = changed.length === 0 ? "nothing changed" : `changed: ${changed.join(", ")}`;
  return restart.length === 0 ? now : `${now}; only a restart changes ${restart.join(", ")}`;
}
