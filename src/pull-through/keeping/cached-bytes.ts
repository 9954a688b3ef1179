// How much is cached, and will be when the running downloads are done. Counting goes through all that is cached, so the
// sum is remembered for some seconds, and what was granted and freed since is added to it.
import type { MirrorStore } from "../../../storage/metadata/mirror-store.ts";
import { Grants } from "./grants.ts";

export interface CachedBytesParts {
  readonly eviction: Pick<MirrorStore["eviction"], "usage">;
  readonly fills: Pick<MirrorStore["fills"], "bytesUnderWay">;
  readonly now: () => number;
}

const rememberedMilliseconds = 10_000;

export class CachedBytes {
  readonly #parts: CachedBytesParts;
  #total = 0;
  #until = -Infinity;
  #counting: Promise<void> | undefined;
  readonly #grants = new Grants();
  /** Since the counting that runs began. */
  #grantedMeanwhile = 0;

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

  /** To a download, until it is `over`: what it brought is cached then, or not there, and the next counting says which. */
  grant(bytes: number, over: AbortSignal): void {
    this.#total += bytes;
    this.#grantedMeanwhile += bytes;
    this.#grants.add(bytes, over);
  }

  free(bytes: number): void {
    this.#total -= bytes;
  }

  async #count(): Promise<void> {
    const { eviction, fills, now } = this.#parts;
    // Of one that ends meanwhile nobody knows whether it was counted.
    const granted = this.#grants.bytes;
    this.#grantedMeanwhile = 0;
    const { bytes } = await eviction.usage();
    const underWay = await fills.bytesUnderWay(now());
    this.#total = bytes + Math.max(underWay, granted + this.#grantedMeanwhile);
    this.#until = now() + rememberedMilliseconds;
  }
}
