// How many are at something right now, by key. Keeps nothing of those who left.

export class HeadCount {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  enter(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
    this.#total++;
  }

  leave(key: string): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
    this.#total--;
  }
}
