// Jobs come again and again, never twice at once, survive their own failures, and end before the process does.
import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/jobs/job.ts";
import { startScheduler } from "../../../src/jobs/scheduler.ts";
import { collectLog } from "../../support/log-lines.ts";

const everySeconds = 0.001;

describe("the scheduler", () => {
  it.each([
    [true, ["collecting", "noting"]],
    [false, ["noting"]],
  ])("does what one process does for all when it has the upkeep: %s", async (upkeep, expected) => {
    const ran = new Set<string>();
    const jobs = [
      { name: "collecting", everySeconds, run: async () => void ran.add("collecting") },
      { name: "noting", everySeconds, inEachProcess: true, run: async () => void ran.add("noting") },
    ];
    const scheduler = startScheduler(jobs, collectLog().logger, { upkeep });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await scheduler.close();
    expect([...ran].sort()).toEqual(expected);
  });

  it("runs a job again after its end, and never twice at once", async () => {
    const state = { running: 0, most: 0, runs: 0 };
    const job: Job = {
      name: "counting",
      everySeconds,
      run: async () => {
        state.most = Math.max(state.most, ++state.running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        state.running--;
        state.runs++;
      },
    };
    const scheduler = startScheduler([job], collectLog().logger);
    await expect.poll(() => state.runs).toBeGreaterThan(5);
    await scheduler.close();
    const { runs } = state;
    expect(state).toEqual({ running: 0, most: 1, runs });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.runs).toBe(runs);
  });

  it("logs a failure and tries again, while other jobs go on", async () => {
    const log = collectLog();
    const runs = { failing: 0, other: 0 };
    const failing: Job = {
      name: "failing",
      everySeconds,
      run: () => {
        runs.failing++;
        return Promise.reject(new Error("no luck today"));
      },
    };
    const other: Job = {
      name: "other",
      everySeconds,
      run: async () => {
        runs.other++;
      },
    };
    const scheduler = startScheduler([failing, other], log.logger);
    await expect.poll(() => Math.min(runs.failing, runs.other)).toBeGreaterThan(3);
    await scheduler.close();
    expect(log.lines[0]).toMatchObject({ level: "error", job: "failing", err: { message: "no luck today" } });
    expect(log.lines).toHaveLength(runs.failing);
  });

  it("tells a running job to end, and waits for it", async () => {
    const events: string[] = [];
    const job: Job = {
      name: "long",
      everySeconds,
      run: (signal) =>
        new Promise((resolve) => {
          events.push("begun");
          signal.addEventListener("abort", () => {
            events.push("told to end");
            setImmediate(() => {
              events.push("ended");
              resolve();
            });
          });
        }),
    };
    const scheduler = startScheduler([job], collectLog().logger);
    await expect.poll(() => events).toContain("begun");
    await scheduler.close();
    expect(events).toEqual(["begun", "told to end", "ended"]);
  });
});
