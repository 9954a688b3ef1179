// Hashing a password is meant to cost time and memory: a few at once, a few more waiting, and nobody beyond that, so that
// a flood of logins cannot take the machine. argon2id and bcrypt share one queue.
import { AccessError } from "../access-error.ts";

export class HashingQueue {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce = 2, maxWaiting = 64) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Does the work when its turn comes, first come, first served.
   * @throws AccessError `busy` when too many wait already; and whatever the work throws
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#takePlace();
    try {
      return await work();
    } finally {
      this.#giveUpPlace();
    }
  }

  async #takePlace(): Promise<void> {
    if (this.#running < this.#atOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new AccessError(
        "busy",
        "too many passwords are being checked just now: try again in a few seconds",
      );
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The place goes to who waits longest, without ever being free in between. */
  #giveUpPlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}
