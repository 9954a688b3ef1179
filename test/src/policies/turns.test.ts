// Lists in short pieces: the same as in one, and with turns for others however they are ordered.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterInTurns, mapInTurns, sortInTurns } from "../../../src/policies/turns.ts";
import { atOnce } from "./at-once.ts";

const items = fc.array(fc.record({ key: fc.nat({ max: 200 }), id: fc.nat() }), {
  maxLength: 3000,
  size: "max",
});

describe("work in turns", () => {
  it("sorts, filters and maps as arrays do", () => {
    const cases = fc.property(items, (list) => {
      const [byKey, isOdd] = [
        (a: { key: number }, b: { key: number }) => a.key - b.key,
        ({ id }: { id: number }) => id % 2 === 1,
      ];
      expect(atOnce(sortInTurns(list, byKey))).toEqual([...list].sort(byKey));
      expect(atOnce(filterInTurns(list, isOdd))).toEqual(list.filter(isOdd));
      expect(atOnce(mapInTurns(list, ({ id }) => id))).toEqual(list.map(({ id }) => id));
    });
    fc.assert(cases, { numRuns: 50 });
  });

  it("compares at most a few thousand times between two turns", () => {
    for (const direction of [1, -1]) {
      let [most, since] = [0, 0];
      const compare = (a: number, b: number): number => {
        since += 1;
        return (a - b) * direction;
      };
      const list = Array.from({ length: 20_000 }, (_, n) => n);
      for (const turns = sortInTurns(list, compare); turns.next().done !== true; since = 0) {
        most = Math.max(most, since);
      }
      expect(most).toBeLessThan(6000);
    }
  });
});
