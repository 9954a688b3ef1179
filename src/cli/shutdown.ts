// Signals → the two steps in which a server ends: the first asks it to finish, the second does not wait.
import type { Terminal } from "./terminal.ts";

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof exitCodes;
const signals = ["SIGINT", "SIGTERM"] as const;

export type Shutdown = {
  /** Settles with the first signal. */
  readonly requested: Promise<Signal>;
  /** Gives the signals back to the process. */
  readonly dispose: () => void;
};

export function listenForShutdown(terminal: Terminal): Shutdown {
  let isRequested = false;
  let request: (signal: Signal) => void;
  const requested = new Promise<Signal>((resolve) => (request = resolve));
  const listeners = signals.map((signal) => {
    const listener = (): void => {
      if (isRequested) return terminal.exit(exitCodes[signal]);
      isRequested = true;
      request(signal);
    };
    terminal.onSignal(signal, listener);
    return { signal, listener };
  });
  const dispose = (): void => {
    for (const { signal, listener } of listeners) terminal.offSignal(signal, listener);
  };
  return { requested, dispose };
}
