// How often something failed lately, by key, and how long the next try has to wait for it. Failures are forgiven one by
// one, and no more are counted than the longest wait needs: whoever stops failing is soon as good as new.
import { LRUCache } from "lru-cache";

export interface FailureTallyOptions {
  /** So many failures are free. */
  readonly free: number;
  /** One failure is forgotten each so many milliseconds. */
  readonly forgiveMilliseconds: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
}

const maxKeys = 10_000;
const firstDelayMilliseconds = 500;
const maxDelayMilliseconds = 8000;
/** The delay doubles so often until it is the longest. */
const steps = Math.log2(maxDelayMilliseconds / firstDelayMilliseconds);

export class FailureTally {
  readonly #options: FailureTallyOptions;
  readonly #failures = new LRUCache<string, { readonly count: number; readonly at: number }>({
    max: maxKeys,
  });

  constructor(options: FailureTallyOptions) {
    this.#options = options;
  }

  fail(key: string): void {
    const { free, clock } = this.#options;
    const count = Math.min(this.#countOf(key) + 1, free + steps);
    this.#failures.set(key, { count, at: clock() });
  }

  succeed(key: string): void {
    this.#failures.set(key, { count: 0, at: this.#options.clock() });
  }

  /** Whether the last try that is remembered succeeded. */
  succeededLast(key: string): boolean {
    return this.#failures.get(key)?.count === 0;
  }

  /** @param pending tries under way, which may yet fail */
  delayMilliseconds(key: string, pending: number): number {
    const beyond = Math.ceil(this.#countOf(key)) + pending - this.#options.free;
    return beyond < 0 ? 0 : Math.min(firstDelayMilliseconds * 2 ** beyond, maxDelayMilliseconds);
  }

  #countOf(key: string): number {
    const { forgiveMilliseconds, clock } = this.#options;
    const known = this.#failures.get(key);
    return known === undefined ? 0 : Math.max(0, known.count - (clock() - known.at) / forgiveMilliseconds);
  }
}
