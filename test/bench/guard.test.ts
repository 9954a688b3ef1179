import { describe, expect, it } from "vitest";
import { allScenarios } from "./all-scenarios.ts";
import { readBounds, warningsOf } from "./guard.ts";
import { rowsOf } from "./rows.ts";
import { atMost, ratioAtLeast, type Scenario } from "./scenario.ts";

const scenario: Scenario = {
  name: "s",
  rows: [
    { title: "rate", figure: "rate", unit: "requests/s", against: "bare", target: ratioAtLeast(0.5) },
    { title: "pause", figure: "pause", unit: "ms", target: atMost(50) },
  ],
  open: () => Promise.resolve([]),
};
const rows = rowsOf(
  scenario,
  [
    { name: "Berth", samples: [{ rate: 30, pause: 70 }] },
    { name: "bare", samples: [{ rate: 100 }] },
  ],
  [],
);

describe("the regression guard", () => {
  it("says nothing of what is within its bounds, though it misses the target", () => {
    expect(warningsOf(rows, { rate: 0.2, pause: 100 })).toEqual([]);
  });

  it("warns of what is beyond its bound, on either side, and of what was not measured", () => {
    expect(warningsOf(rows, { rate: 0.4, pause: 60, gone: 1 })).toEqual([
      "rate: 0.30 is below 0.4",
      "pause: 70.00 is above 60",
      "gone: nothing was measured",
    ]);
  });

  it("has bounds of rows that there are", () => {
    const titles = allScenarios.flatMap(({ rows: plans }) => plans.map(({ title }) => title));
    expect(Object.keys(readBounds()).filter((title) => !titles.includes(title))).toEqual([]);
  });
});
