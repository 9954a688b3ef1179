// The end of work in turns, for a test that has nobody to let have one.
import type { InTurns } from "../../../src/policies/turns.ts";

export function atOnce<T>(turns: InTurns<T>): T {
  for (;;) {
    const { done, value } = turns.next();
    if (done === true) return value;
  }
}
