// Time that passes when the test says so: a clock, and sleepers that wake in their order.

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class VirtualTime {
  #now = 0;
  #sleepers: Sleeper[] = [];

  /** Milliseconds since the test began. */
  readonly clock = (): number => this.#now;

  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => this.#sleepers.push({ at: this.#now + milliseconds, wake }));

  /** How long each sleeper still has to sleep, ascending. */
  get sleeping(): number[] {
    return this.#sleepers.map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (;;) {
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#now = next.at;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
      await settled();
    }
    this.#now = end;
  }
}

/** After everything that needs no more than promises and answers of an embedded database. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
