// When the next checkpoint of an append is due, also while its source is silent: leases are renewed by it.
import type { AppendOptions } from "./upload-session.ts";

const defaultMilliseconds = 3000;

export class CheckpointClock {
  /** Whether {@link checkpoint} should be called, once what arrived is durable. */
  due = false;
  readonly #options: AppendOptions;
  readonly #onDone: () => void;
  readonly #everyMilliseconds: number;
  #begunAt = Date.now();
  readonly #timer: NodeJS.Timeout | undefined;

  /** `onDue` is called each time a checkpoint becomes due, `onDone` after each that succeeded. */
  constructor(options: AppendOptions, onDue: () => void, onDone: () => void = () => undefined) {
    this.#options = options;
    this.#onDone = onDone;
    this.#everyMilliseconds = options.checkpointMilliseconds ?? defaultMilliseconds;
    if (!options.checkpoint) return;
    const strike = (): void => {
      this.due = true;
      onDue();
    };
    this.#timer = setInterval(strike, this.#everyMilliseconds);
  }

  /**
   * Whether a checkpoint must succeed before anything is written. By the wall clock: a process that was stopped has
   * missed its timers, and gets to see its sources before them.
   */
  get overdue(): boolean {
    return this.#options.checkpoint !== undefined && Date.now() - this.#begunAt > 2 * this.#everyMilliseconds;
  }

  async checkpoint(): Promise<void> {
    const begunAt = Date.now();
    await this.#options.checkpoint?.();
    this.#begunAt = begunAt;
    this.#onDone();
    this.due = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
