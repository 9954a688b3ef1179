// A terminal in memory: what was written, which signals are awaited, and with which code the process would have ended.
import type { Terminal } from "../../../src/cli/terminal.ts";

type Signal = "SIGTERM" | "SIGINT";

export class RecordedTerminal implements Terminal {
  readonly environment: Readonly<Record<string, string>>;
  readonly exitCodes: number[] = [];
  output = "";
  errors = "";
  readonly #listeners: { signal: Signal; listener: () => void }[] = [];

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.environment = environment;
  }

  readonly stdout = (text: string): void => {
    this.output += text;
  };

  readonly stderr = (text: string): void => {
    this.errors += text;
  };

  readonly exit = (code: number): void => {
    this.exitCodes.push(code);
  };

  readonly onSignal = (signal: Signal, listener: () => void): void => {
    this.#listeners.push({ signal, listener });
  };

  readonly offSignal = (signal: Signal, listener: () => void): void => {
    const index = this.#listeners.findIndex((one) => one.signal === signal && one.listener === listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  };

  get awaitedSignals(): Signal[] {
    return this.#listeners.map(({ signal }) => signal);
  }

  raise(signal: Signal): void {
    for (const one of [...this.#listeners]) if (one.signal === signal) one.listener();
  }
}
