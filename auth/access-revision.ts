// Tells when anything about accounts and projects changed, in whatever process: a number in the metadata store, read
// every second. What is remembered under an older number is not believed any more, so that a right that was taken away
// is gone everywhere within seconds, and asking costs nothing in between.
import type { AccessStore } from "../storage/metadata/access-store.ts";

export interface AccessRevisionOptions {
  readonly everyMilliseconds?: number;
  /** Without a reading for so long nothing that is remembered counts. */
  readonly maxAgeMilliseconds?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

export class AccessRevision {
  readonly #store: Pick<AccessStore, "revision">;
  readonly #maxAge: number;
  readonly #clock: () => number;
  readonly #timer: NodeJS.Timeout;
  #current: number;
  #readAt: number;

  private constructor(store: Pick<AccessStore, "revision">, current: number, options: AccessRevisionOptions) {
    const { everyMilliseconds = 1000, maxAgeMilliseconds = 4000, clock = () => performance.now() } = options;
    this.#store = store;
    this.#maxAge = maxAgeMilliseconds;
    this.#clock = clock;
    this.#current = current;
    this.#readAt = clock();
    // A reading that fails is made up for by whoever asks next, and fails there.
    this.#timer = setInterval(() => void this.refresh().catch(() => undefined), everyMilliseconds);
    this.#timer.unref();
  }

  static async open(
    store: Pick<AccessStore, "revision">,
    options: AccessRevisionOptions = {},
  ): Promise<AccessRevision> {
    return new AccessRevision(store, await store.revision(), options);
  }

  /** undefined when it was not read for too long: `refresh` first. */
  get current(): number | undefined {
    return this.#clock() - this.#readAt > this.#maxAge ? undefined : this.#current;
  }

  /** Reads it now: after a change of our own, or when `current` is undefined. Rejects when the store does not answer. */
  async refresh(): Promise<number> {
    const asked = this.#clock();
    const revision = await this.#store.revision();
    this.#current = Math.max(this.#current, revision);
    this.#readAt = Math.max(this.#readAt, asked);
    return this.#current;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
