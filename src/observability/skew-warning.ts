// Tells of clocks that do not agree, before tokens are refused for it.
import type { Logger } from "./logger.ts";

/** At most a line a minute: every token of the same issuer tells the same (REQ-54). */
export function skewWarning(logger: Logger, clock: () => number): (seconds: number) => void {
  let warnedAt = Number.NEGATIVE_INFINITY;
  return (seconds) => {
    if (clock() - warnedAt < 60_000) return;
    warnedAt = clock();
    logger.warn(
      { skewSeconds: seconds },
      "the clock that issued a token is ahead of this one: let both keep time",
    );
  };
}
