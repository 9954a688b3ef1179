// How fast bytes are read by who has time: for background work that shall take no more of a disk than it was given.

export interface ByteRateParts {
  /** undefined: as fast as it goes. */
  readonly bytesPerSecond: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after so long, or at once when the signal fires. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export class ByteRate {
  readonly #parts: ByteRateParts;
  /** Until when what was taken uses the rate up. */
  #usedUntil = 0;

  constructor(parts: ByteRateParts) {
    this.#parts = parts;
  }

  /** Resolves when it is time for what comes after these bytes, and never before others had a turn. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const { bytesPerSecond, now, pause } = this.#parts;
    if (bytesPerSecond === undefined) return pause(0, signal);
    const at = now();
    this.#usedUntil = Math.max(this.#usedUntil, at) + (bytes / bytesPerSecond) * 1000;
    await pause(this.#usedUntil - at, signal);
  }
}
