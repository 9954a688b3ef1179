import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RequestLimits } from "../../../src/remote/request-limits.ts";

const { signal } = new AbortController();

/** Whether it has been let in by now. */
async function isIn(entering: Promise<unknown>): Promise<boolean> {
  return await Promise.race([entering.then(() => true), sleep(5, false)]);
}

describe("limits of requests", () => {
  it("let in as many as allowed, and the next when one is over", async () => {
    const limits = new RequestLimits({ maxConnections: 2 });
    const leave = await limits.enter("question", signal);
    await limits.enter("question", signal);
    const third = limits.enter("question", signal);
    expect(await isIn(third)).toBe(false);
    leave();
    leave();
    expect(await isIn(third)).toBe(true);
    expect(await isIn(limits.enter("question", signal))).toBe(false);
  });

  it("keep room for questions beside transfers", async () => {
    const limits = new RequestLimits({ maxConnections: 2 });
    await limits.enter("transfer", signal);
    const second = limits.enter("transfer", signal);
    expect(await isIn(second)).toBe(false);
    expect(await isIn(limits.enter("question", signal))).toBe(true);
    expect(await isIn(second)).toBe(false);
    expect(await isIn(new RequestLimits({ maxConnections: 1 }).enter("transfer", signal))).toBe(true);
  });

  it("forget who leaves while waiting", async () => {
    const limits = new RequestLimits({ maxConnections: 1 });
    const leave = await limits.enter("question", signal);
    const leaver = new AbortController();
    const left = limits.enter("question", leaver.signal);
    const stayed = limits.enter("question", signal);
    leaver.abort(new Error("gone home"));
    await expect(left).rejects.toThrow("gone home");
    leave();
    expect(await isIn(stayed)).toBe(true);
  });

  it("let one request in at a time, with the pause in between that the rate asks for", async () => {
    const limits = new RequestLimits({ maxConnections: 10, requestsPerSecond: 20 });
    const begun = performance.now();
    for (let i = 0; i < 4; i++) await limits.enter("question", signal);
    expect(performance.now() - begun).toBeGreaterThan(140);
  });

  it("keep the process running for whoever waits, and for nobody else", async () => {
    const holding = () =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const limits = new RequestLimits({ maxConnections: 10, requestsPerSecond: 0.1 });
    const before = holding();
    await limits.enter("question", signal);
    expect(holding()).toBe(before);
    const leaver = new AbortController();
    const waiting = limits.enter("question", leaver.signal);
    expect(holding()).toBe(before + 1);
    leaver.abort(new Error("gone home"));
    expect(holding()).toBe(before);
    await expect(waiting).rejects.toThrow("gone home");
  });
});
