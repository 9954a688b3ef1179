// Suggestions: a slip gets the right name, something unrelated gets none.
import { describe, expect, it } from "vitest";
import { likelyName, nearestName } from "../../../src/config/nearest-name.ts";

const keys = ["http.listen", "http.drainSeconds", "metrics.listen", "log.level", "data"];

describe("the nearest name", () => {
  it.each([
    ["http.lisen", "http.listen"],
    ["metric.listen", "metrics.listen"],
    ["drainSeconds", "http.drainSeconds"],
    ["drain_seconds", "http.drainSeconds"],
    ["DATA", "data"],
    ["dta", "data"],
  ])("for %s is %s", (wrong, right) => {
    expect(likelyName(wrong, keys)).toBe(right);
  });

  it("is not offered when nothing is near", () => {
    expect(likelyName("replication", keys)).toBeUndefined();
    expect(likelyName("data", [])).toBeUndefined();
  });

  it("is named all the same where any name is better than none", () => {
    expect(nearestName("replication", keys)).toBeDefined();
  });
});
