// What the running downloads of this process were granted, each from when it was admitted until it is over: for the cap
// and for the disk. What a download that is over brought is counted where it lies.

export class Grants {
  readonly #running = new Set<{ readonly bytes: number }>();

  get bytes(): number {
    return [...this.#running].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @param over fires when the download is kept, or failed */
  add(bytes: number, over: AbortSignal): void {
    if (over.aborted) return;
    const grant = { bytes };
    this.#running.add(grant);
    over.addEventListener("abort", () => this.#running.delete(grant), { once: true });
  }
}
