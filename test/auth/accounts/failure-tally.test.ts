// How long the next try waits after so many failures, and how failures are forgiven.
import { describe, expect, it } from "vitest";
import { FailureTally } from "../../../auth/accounts/failure-tally.ts";

function openTally() {
  const time = { now: 0 };
  const tally = new FailureTally({ free: 3, forgiveMilliseconds: 60_000, clock: () => time.now });
  const fail = (times: number) => {
    for (let count = 0; count < times; count++) tally.fail("key");
  };
  return { time, tally, fail };
}

describe("a tally of failures", () => {
  it.each([
    [0, 0],
    [2, 0],
    [3, 500],
    [4, 1000],
    [5, 2000],
    [6, 4000],
    [7, 8000],
    [8, 8000],
    [1000, 8000],
  ])("makes the next try after %i failures wait %i ms", (failures, delay) => {
    const { tally, fail } = openTally();
    fail(failures);
    expect(tally.delayMilliseconds("key", 0)).toBe(delay);
    expect(tally.delayMilliseconds("other", 0)).toBe(0);
  });

  it("counts tries under way as failures", () => {
    const { tally, fail } = openTally();
    fail(1);
    expect([0, 1, 2, 3, 100].map((pending) => tally.delayMilliseconds("key", pending))).toEqual([
      0, 0, 500, 1000, 8000,
    ]);
  });

  it("forgives one failure a minute, and however many there were, all in so many minutes", () => {
    const { time, tally, fail } = openTally();
    fail(1000);
    const delays = Array.from({ length: 6 }, () => {
      const delay = tally.delayMilliseconds("key", 0);
      time.now += 60_000;
      return delay;
    });
    expect(delays).toEqual([8000, 4000, 2000, 1000, 500, 0]);
  });

  it("does not forgive a part of a failure", () => {
    const { time, tally, fail } = openTally();
    fail(3);
    time.now += 59_999;
    expect(tally.delayMilliseconds("key", 0)).toBe(500);
    time.now += 1;
    expect(tally.delayMilliseconds("key", 0)).toBe(0);
  });

  it("forgets all failures by a success, and knows who succeeded last", () => {
    const { tally, fail } = openTally();
    expect(tally.succeededLast("key")).toBe(false);
    fail(10);
    tally.succeed("key");
    expect(tally.delayMilliseconds("key", 0)).toBe(0);
    expect(tally.succeededLast("key")).toBe(true);
    fail(1);
    expect(tally.succeededLast("key")).toBe(false);
  });

  it("remembers ten thousand keys, and of more than that the latest", () => {
    const { tally } = openTally();
    for (let key = 0; key < 10_001; key++) for (let times = 0; times < 3; times++) tally.fail(`key ${key}`);
    const slowed = (key: number) => tally.delayMilliseconds(`key ${key}`, 0) > 0;
    expect([0, 1, 10_000].map(slowed)).toEqual([false, true, true]);
  });
});
