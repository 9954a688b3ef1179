import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, quickPace, Shared } from "./bench.ts";
import { runScenario } from "./run-scenario.ts";
import { type Contender, WrongAnswer } from "./scenario.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-bench-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(contenders: readonly Contender[], rounds: number) {
  const bench = await Bench.open(new Shared(folder, quickPace, []));
  const scenario = { name: "s", rows: [], open: async () => contenders };
  return runScenario(scenario, bench, rounds, () => undefined);
}

describe("a scenario", () => {
  it("measures everybody once in each round, after a warm-up that does not count", async () => {
    const order: string[] = [];
    const contender = (name: string): Contender => ({
      name,
      measure: async () => ({ figures: { rate: order.push(name) }, units: 1 }),
    });
    const showings = await run([contender("a"), contender("b")], 2);
    expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
    expect(showings.map(({ samples }) => samples)).toEqual([
      [{ rate: 3 }, { rate: 5 }],
      [{ rate: 4 }, { rate: 6 }],
    ]);
  });

  it("voids the figures of whoever answered wrongly, and of nobody else", async () => {
    let calls = 0;
    const wrong: Contender = {
      name: "wrong",
      measure: async () => {
        if (++calls === 2) throw new WrongAnswer("2 of 9 answers were no 200");
        return { figures: { rate: 1 }, units: 1 };
      },
    };
    const right: Contender = { name: "right", measure: async () => ({ figures: { rate: 1 }, units: 1 }) };
    const [first, second] = await run([wrong, right], 3);
    expect(first?.void).toBe("2 of 9 answers were no 200");
    expect(calls).toBe(2);
    expect(second).toMatchObject({ samples: [{ rate: 1 }, { rate: 1 }, { rate: 1 }] });
    expect(second?.void).toBeUndefined();
  });

  it("counts the CPU time of a server's processes, for each unit of work", async () => {
    const busy: Contender = {
      name: "busy",
      pids: () => [process.pid],
      warmUp: async () => undefined,
      measure: async () => {
        const until = process.cpuUsage().user + 200_000;
        while (process.cpuUsage().user < until) Math.sqrt(until);
        return { figures: {}, units: 10 };
      },
    };
    const [showing] = await run([busy], 1);
    const { cpu = 0, rss = 0 } = showing?.samples[0] ?? {};
    expect(cpu).toBeGreaterThan(0.015);
    expect(rss).toBeGreaterThan(10);
  });
});
