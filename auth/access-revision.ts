// Tells when anything about accounts and projects changed, in whatever process: a number in the metadata store. What is
// remembered under an older number is not believed any more, so that a right that was taken away is gone everywhere at
// once. The number is read anew when anything was committed, which costs next to nothing to ask; and every second, which
// is how soon a store knows that can't tell of commits.
import type { AccessStore } from "../storage/metadata/access-store.ts";

export interface AccessRevisionOptions {
  readonly everyMilliseconds?: number;
  /** Without a reading for so long nothing that is remembered counts. */
  readonly maxAgeMilliseconds?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

type RevisedStore = Pick<AccessStore, "revision" | "changes">;

export class AccessRevision {
  readonly #store: RevisedStore;
  readonly #maxAge: number;
  readonly #clock: () => number;
  readonly #timer: NodeJS.Timeout;
  #current: number;
  #readAt: number;
  /** What had been committed when it was read. */
  #changes: number | undefined;

  private constructor(store: RevisedStore, current: number, options: AccessRevisionOptions) {
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

  static async open(store: RevisedStore, options: AccessRevisionOptions = {}): Promise<AccessRevision> {
    return new AccessRevision(store, await store.revision(), options);
  }

  /** undefined when it may have changed, or was not read for too long: `refresh` first. */
  get current(): number | undefined {
    if (this.#clock() - this.#readAt > this.#maxAge) return undefined;
    const changes = this.#store.changes();
    return changes === undefined || changes === this.#changes ? this.#current : undefined;
  }

  /** Reads it now: after a change of our own, or when `current` is undefined. Rejects when the store does not answer. */
  async refresh(): Promise<number> {
    const asked = this.#clock();
    const changes = this.#store.changes();
    const revision = await this.#store.revision();
    this.#current = Math.max(this.#current, revision);
    this.#readAt = Math.max(this.#readAt, asked);
    this.#changes = changes;
    return this.#current;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
