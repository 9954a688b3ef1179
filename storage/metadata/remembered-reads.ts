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
    const now = this.#changes();
    if (now === undefined) return read();
    if (now !== this.#of) {
      this.#entries.clear();
      this.#of = now;
    }
    const known = this.#entries.get(key);
    if (known !== undefined) return known.value as V;
    const value = await read();
    // What was read may be newer than `now`, never older: at worst it is forgotten too early.
    if (value !== undefined && this.#of === now)
      this.#entries.set(key, { value }, { size: entryBytes + key.length + bytesOf(value) });
    return value;
  }
}
