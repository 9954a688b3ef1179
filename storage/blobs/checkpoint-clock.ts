// When the next checkpoint of an append is due, also while its source is silent: leases are renewed by it.
import type { AppendOptions } from "./upload-session.ts";

const defaultMilliseconds = 3000;

export class CheckpointClock {
  /** Whether {@link checkpoint} should be called, once what arrived is durable. */
  due = false;
  readonly #options: AppendOptions;
  readonly #timer: NodeJS.Timeout | undefined;

  /** `onDue` is called each time a checkpoint becomes due. */
  constructor(options: AppendOptions, onDue: () => void) {
    this.#options = options;
    if (!options.checkpoint) return;
    const strike = (): void => {
      this.due = true;
      onDue();
    };
    this.#timer = setInterval(strike, options.checkpointMilliseconds ?? defaultMilliseconds);
  }

  async checkpoint(): Promise<void> {
    await this.#options.checkpoint?.();
    this.due = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
