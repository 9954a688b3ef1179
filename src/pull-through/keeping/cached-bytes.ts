// How much is cached, and will be when the running downloads are done. Counting goes through all that is cached, so the
// sum is remembered for some seconds, and what was granted and freed since is added to it.
import type { MirrorStore } from "../../../storage/metadata/mirror-store.ts";

export interface CachedBytesParts {
  readonly eviction: Pick<MirrorStore["eviction"], "usage">;
  readonly fills: Pick<MirrorStore["fills"], "bytesUnderWay">;
  readonly now: () => number;
}

const rememberedMilliseconds = 10_000;
/** So long it may take until a granted download says in the database how long it is. */
const unsaidMilliseconds = 3000;

export class CachedBytes {
  readonly #parts: CachedBytesParts;
  #total = 0;
  #until = -Infinity;
  #counting: Promise<void> | undefined;
  #granted: { readonly at: number; readonly bytes: number }[] = [];

  constructor(parts: CachedBytesParts) {
    this.#parts = parts;
  }

  /** As far as it is known: call `refresh` or `count` before. */
  get total(): number {
    return this.#total;
  }

  /** Counts, unless that was done a few seconds ago. */
  async refresh(): Promise<void> {
    if (this.#parts.now() >= this.#until) await this.count();
  }

  count(): Promise<void> {
    this.#counting ??= this.#count().finally(() => (this.#counting = undefined));
    return this.#counting;
  }

  grant(bytes: number): void {
    this.#total += bytes;
    this.#granted.push({ at: this.#parts.now(), bytes });
  }

  free(bytes: number): void {
    this.#total -= bytes;
  }

  async #count(): Promise<void> {
    const { eviction, fills, now } = this.#parts;
    const { bytes } = await eviction.usage();
    const underWay = await fills.bytesUnderWay(now());
    this.#granted = this.#granted.filter(({ at }) => at > now() - unsaidMilliseconds);
    const granted = this.#granted.reduce((sum, grant) => sum + grant.bytes, 0);
    this.#total = bytes + Math.max(underWay, granted);
    this.#until = now() + rememberedMilliseconds;
  }
}
