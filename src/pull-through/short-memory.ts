// What is true for a while: that there is no such thing, that nobody need ask again. Bounded, since clients choose the
// keys; what is forgotten too early is asked again.
import { LRUCache } from "lru-cache";

const usualEntries = 10_000;

interface Entry<V> {
  readonly value: V;
  /** Both in milliseconds since 1970. Before the first the clock was set back, and nobody knows how old it is. */
  readonly from: number;
  readonly until: number;
}

export class ShortMemory<V extends object | string> {
  readonly #entries: LRUCache<string, Entry<V>>;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number, maxEntries = usualEntries) {
    this.#now = now;
    this.#entries = new LRUCache({ max: maxEntries });
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.#now();
    if (entry.from <= now && now < entry.until) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V, seconds: number): void {
    const from = this.#now();
    if (seconds > 0) this.#entries.set(key, { value, from, until: from + seconds * 1000 });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
