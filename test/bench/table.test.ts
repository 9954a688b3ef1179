import { describe, expect, it } from "vitest";
import { rowsOf } from "./rows.ts";
import { atMost, ratioAtLeast, type Scenario } from "./scenario.ts";
import { renderTable } from "./table.ts";

const scenario: Scenario = {
  name: "read",
  rows: [
    {
      title: "read",
      figure: "rate",
      unit: "requests/s",
      against: "bare",
      target: ratioAtLeast(0.5),
      per: "request",
    },
    { title: "pause", figure: "pause", unit: "ms", target: atMost(50) },
  ],
  open: () => Promise.resolve([]),
};
const samples = (...rates: number[]) =>
  rates.map((rate) => ({ rate, cpu: 0.00012, rss: 80, pause: rate / 100 }));
const berth = { name: "Berth", samples: samples(4000, 5200, 4900) };
const bare = { name: "bare", samples: samples(10_000, 9000, 8900) };

describe("the table of the bench", () => {
  it("shows medians, spreads, the ratio of the medians, the target, CPU time of a unit and memory", () => {
    const peer = { name: "other", samples: samples(1000) };
    const [head, , first, second] = renderTable(rowsOf(scenario, [berth, bare, peer], ["other"]), [
      "other",
    ]).split("\n");
    const cells = (line?: string) => line?.split(" | ").map((cell) => cell.trim());
    expect(cells(head)?.slice(0, 4)).toEqual(["scenario", "Berth (spread)", "yardstick (spread)", "ratio"]);
    expect(cells(first)).toEqual([
      ...["read, requests/s", "4,900 (4,000–5,200)", "bare 9,000 (8,900–10,000)", "0.54", "≥ 0.5 ×", "ok"],
      ...["1,000 (1,000–1,000)", "120 µs/request", "80.0"],
    ]);
    expect(cells(second)?.slice(0, 6)).toEqual(["pause, ms", "49.0 (40.0–52.0)", "–", "–", "≤ 50 ms", "ok"]);
  });

  it("tells a target that was missed, on either side", () => {
    const slow = { name: "Berth", samples: samples(4400, 4400, 5600) };
    expect(rowsOf(scenario, [slow, bare], [])[0]?.verdict).toBe("missed");
    const stalled = { name: "Berth", samples: [{ rate: 9000, pause: 51 }] };
    expect(rowsOf(scenario, [stalled, bare], []).map(({ verdict }) => verdict)).toEqual(["ok", "missed"]);
  });

  it("gives no ratio where either figure is void, and says why", () => {
    const wrong = { name: "bare", samples: [], void: "3 of 9 answers were no 200" };
    const [row] = rowsOf(scenario, [berth, wrong], []);
    expect(row).toMatchObject({ verdict: "void" });
    expect(row).not.toHaveProperty("ratio");
    expect(renderTable(row ? [row] : [], [])).toContain("bare void: 3 of 9 answers were no 200");
  });

  it("says of every row of a scenario that could not be opened why", () => {
    const failed = [{ name: "Berth", samples: [], void: "nginx is not installed" }];
    const rows = rowsOf(scenario, failed, []);
    expect(rows.map(({ figure }) => figure)).toEqual([
      { name: "Berth", void: "nginx is not installed" },
      { name: "Berth", void: "nginx is not installed" },
    ]);
  });
});
