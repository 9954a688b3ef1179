// What is true for a while: that there is no such thing, that nobody need ask again. Bounded, since clients choose the
// keys; what is forgotten too early is asked again.
import { LRUCache } from "lru-cache";

const maxEntries = 10_000;

export class ShortMemory<V extends object | string> {
  readonly #entries = new LRUCache<string, { readonly value: V; readonly until: number }>({
    max: maxEntries,
  });
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#now() < entry.until ? entry.value : undefined;
  }

  set(key: string, value: V, seconds: number): void {
    if (seconds > 0) this.#entries.set(key, { value, until: this.#now() + seconds * 1000 });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
