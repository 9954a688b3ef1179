// Remembers what was read from the metadata store for as long as nothing there changed, and no more than so many.
import { LRUCache } from "lru-cache";
import type { AccessRevision } from "./access-revision.ts";

export class RevisionedCache<V extends object> {
  readonly #revision: AccessRevision;
  readonly #entries: LRUCache<string, V>;
  #of: number | undefined;

  /** @param ttlMilliseconds how long an entry counts at most; without it, as long as nothing changes */
  constructor(revision: AccessRevision, max: number, ttlMilliseconds?: number) {
    this.#revision = revision;
    this.#entries = new LRUCache({ max, ...(ttlMilliseconds !== undefined && { ttl: ttlMilliseconds }) });
  }

  /** What is remembered; undefined also when nobody knows whether it still holds. */
  get(key: string): V | undefined {
    return this.#holds() ? this.#entries.get(key) : undefined;
  }

  /**
   * What is remembered, else what `load` gives. A value that a change overtook is given, and not remembered.
   * @param keeps which values are to be remembered at all
   */
  async load(key: string, load: () => Promise<V>, keeps: (value: V) => boolean = () => true): Promise<V> {
    const before = this.#revision.current ?? (await this.#revision.refresh());
    const known = this.get(key);
    if (known !== undefined) return known;
    const value = await load();
    if (keeps(value) && this.#revision.current === before && this.#holds()) {
      this.#entries.set(copyOf(key), value);
    }
    return value;
  }

  #holds(): boolean {
    const { current } = this.#revision;
    if (current === undefined) return false;
    if (current !== this.#of) this.#entries.clear();
    this.#of = current;
    return true;
  }
}

/** What V8 cuts out of a text keeps all of that text: a key of some letters the whole request that it came with. */
function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
