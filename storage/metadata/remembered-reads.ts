// What was read of the database, remembered for exactly as long as nothing in it changed: asking that costs SQLite a
// look at shared memory (1.4 µs), where finding a manifest by its tag costs a transaction of three tables (some 20 µs).
// Whoever commits anything, in whatever process, makes all of it be forgotten; so a tag that was moved is never
// answered with its old manifest.
import { LRUCache } from "lru-cache";

export interface RememberedReadsOptions {
  readonly maxBytes: number;
  /** A number that is another one once anything was committed; undefined when nobody can tell. */
  readonly changes: () => number | undefined;
}

/** What an entry costs beside the bytes in it. */
const entryBytes = 500;

export class RememberedReads {
  readonly #changes: () => number | undefined;
  readonly #entries: LRUCache<string, { readonly value: unknown }>;
  #of: number | undefined;

  constructor({ maxBytes, changes }: RememberedReadsOptions) {
    this.#changes = changes;
    this.#entries = new LRUCache({ maxSize: maxBytes, maxEntrySize: maxBytes / 4 });
  }

  /**
   * What `read` gives, or gave since the last change; that something is absent is not remembered.
   * @param key no other read has it
   */
  async load<V extends object>(
    key: string,
    read: () => Promise<V | undefined>,
    bytesOf: (value: V) => number = () => 0,
  ): Promise<V | undefined> {
    const now = this.#state();
    const known = this.#recall(now, key);
    if (known !== undefined) return known as V;
    const value = await read();
    if (value !== undefined) this.#remember(now, key, value, bytesOf(value));
    return value;
  }

  /** Of `wanted` those that `read` gives back when asked for them, or gave back since the last change. */
  async select<W extends object>(
    wanted: readonly W[],
    keyOf: (one: W) => string,
    read: (unknown: readonly W[]) => Promise<readonly W[]>,
  ): Promise<W[]> {
    const now = this.#state();
    const known = wanted.filter((one) => this.#recall(now, keyOf(one)) !== undefined);
    if (known.length === wanted.length) return known;
    const found = await read(wanted.filter((one) => !known.includes(one)));
    for (const one of found) this.#remember(now, keyOf(one), one);
    return [...known, ...found];
  }

  #state(): number | undefined {
    const now = this.#changes();
    if (now !== undefined && now !== this.#of) {
      this.#entries.clear();
      this.#of = now;
    }
    return now;
  }

  #recall(now: number | undefined, key: string): unknown {
    return now === undefined ? undefined : this.#entries.get(key)?.value;
  }

  /** What was read may be newer than `now`, never older: at worst it is forgotten too early. */
  #remember(now: number | undefined, key: string, value: object, bytes = 0): void {
    if (now === undefined || now !== this.#of) return;
    this.#entries.set(key, { value }, { size: entryBytes + key.length + bytes });
  }
}
