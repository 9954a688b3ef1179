// How soon a dead worker is replaced, and when none is any more.
import { expect, it } from "vitest";
import { ReplacementPace } from "../../../src/workers/replacement-pace.ts";

const young = 500;
const old = 3_600_000;

/** Deaths as [when, lived]. */
function pauses(deaths: readonly (readonly [number, number])[]): (number | undefined)[] {
  const pace = new ReplacementPace();
  return deaths.map(([at, lived]) => pace.died(lived, at));
}

it("replaces one that has lived at once, however often", () => {
  const deaths = Array.from({ length: 20 }, (_, index) => [index * 1000, old] as const);
  expect(new Set(pauses(deaths))).toEqual(new Set([0]));
});

it("waits longer after each that died young, and gives up after five", () => {
  const deaths = Array.from({ length: 5 }, (_, index) => [index * 2000, young] as const);
  expect(pauses(deaths)).toEqual([100, 200, 400, 800, undefined]);
});

it("counts no row of deaths that are more than a minute apart", () => {
  const deaths = Array.from({ length: 10 }, (_, index) => [index * 61_000, young] as const);
  expect(new Set(pauses(deaths))).toEqual(new Set([100]));
});
