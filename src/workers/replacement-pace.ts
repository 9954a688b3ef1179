// How soon a worker that died is replaced: one that lived is at once; one that did not after a pause that grows; and
// after a row of such deaths nobody believes any more that the next one will live.

/** Whoever lived for less died young. */
const youngMilliseconds = 10_000;
/** Deaths that are further apart are no row. */
const rowMilliseconds = 60_000;
const maxYoungDeaths = 5;
const firstPauseMilliseconds = 100;

export const tooManyDeaths = `${maxYoungDeaths} workers in a row ended within ${youngMilliseconds / 1000} s of their start`;

export class ReplacementPace {
  #youngDeaths = 0;
  #lastYoungDeath = -Infinity;

  /**
   * @param lived milliseconds from its start to its death
   * @param now milliseconds of a clock that does not go back
   * @returns the pause before the next, in milliseconds; undefined when there should be none
   */
  died(lived: number, now: number): number | undefined {
    if (lived >= youngMilliseconds) return 0;
    if (now - this.#lastYoungDeath > rowMilliseconds) this.#youngDeaths = 0;
    this.#lastYoungDeath = now;
    this.#youngDeaths += 1;
    if (this.#youngDeaths >= maxYoungDeaths) return undefined;
    return firstPauseMilliseconds * 2 ** (this.#youngDeaths - 1);
  }
}
