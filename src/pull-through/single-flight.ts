// Many who want the same at the same time cause one piece of work, which none of them can stop by leaving (REQ-37).

export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** The work that goes on under `key`, begun by `work` when there is none. */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const begun = work().finally(() => this.#running.delete(key));
    this.#running.set(key, begun);
    // Nobody may be waiting any more when it fails.
    begun.catch(() => undefined);
    return begun;
  }
}
