// The few threads that hash large uploads, so that their SHA-256 neither waits for the main thread nor keeps it from
// anybody. They start with the first large block, and end when for a while no hash was left in them.
import { availableParallelism } from "node:os";
import type { DigestAlgorithm } from "../digest.ts";
import type { BlockHasher } from "./block-hasher.ts";
import { HashingThread } from "./hashing-thread.ts";
import { OtherThreadHasher } from "./other-thread-hasher.ts";
import { OwnThreadHasher } from "./own-thread-hasher.ts";
import { FirstBlockHasher } from "./first-block-hasher.ts";

interface Place {
  readonly thread: HashingThread;
  /** Hashes that somebody may go on with. */
  hashers: number;
  idleTimer: NodeJS.Timeout | undefined;
}

export interface HashingThreadsOptions {
  /** With none, all is hashed on the thread that asks. */
  readonly maxThreads?: number;
  readonly idleMilliseconds?: number;
}

export class HashingThreads {
  readonly #maxThreads: number;
  readonly #idleMilliseconds: number;
  readonly #places = new Set<Place>();
  #hashersBegun = 0;

  constructor({ maxThreads = defaultThreads(), idleMilliseconds = 30_000 }: HashingThreadsOptions = {}) {
    this.#maxThreads = maxThreads;
    this.#idleMilliseconds = idleMilliseconds;
  }

  /** Threads that run now. */
  get size(): number {
    return this.#places.size;
  }

  /** A hasher that has seen nothing. Its first block decides where it runs. */
  begin(algorithms: readonly DigestAlgorithm[]): BlockHasher {
    const own = (): BlockHasher => new OwnThreadHasher(algorithms);
    const other = this.#maxThreads > 0 ? (): BlockHasher => this.#beginElsewhere(algorithms) : own;
    return new FirstBlockHasher(own, other);
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#places, ({ thread }) => thread.close()));
  }

  #beginElsewhere(algorithms: readonly DigestAlgorithm[]): BlockHasher {
    const place = this.#freest();
    clearTimeout(place.idleTimer);
    place.hashers += 1;
    const leave = (): void => {
      place.hashers -= 1;
      if (place.hashers === 0 && !place.thread.isOver) this.#endWhenIdle(place);
    };
    return new OtherThreadHasher(place.thread, ++this.#hashersBegun, algorithms, leave);
  }

  #freest(): Place {
    const [freest] = [...this.#places].sort((one, other) => one.hashers - other.hashers);
    if (freest && (freest.hashers === 0 || this.#places.size >= this.#maxThreads)) return freest;
    const thread = new HashingThread(() => this.#places.delete(place));
    const place: Place = { thread, hashers: 0, idleTimer: undefined };
    this.#places.add(place);
    return place;
  }

  #endWhenIdle(place: Place): void {
    place.idleTimer = setTimeout(() => {
      // Off the list at once: nobody may begin on a thread that is about to end.
      this.#places.delete(place);
      void place.thread.close();
    }, this.#idleMilliseconds).unref();
  }
}

/** More than four would be waiting for the disk; where there is one core, another thread only costs. */
function defaultThreads(): number {
  const cores = availableParallelism();
  return cores > 1 ? Math.min(cores, 4) : 0;
}
