// A start on a large store, until the first 200, and the memory of a process that has nothing to do.
import { setTimeout as delay } from "node:timers/promises";
import { residentMiB } from "../process-usage.ts";
import { atMost, type Scenario } from "../scenario.ts";

export const coldStart: Scenario = {
  name: "cold-start",
  rows: [
    { title: "start on a large store, to the first 200", figure: "start", unit: "s", target: atMost(0.8) },
    { title: "memory of an idle Berth", figure: "idle", unit: "MiB", target: atMost(100) },
  ],
  open: async (bench) => {
    const { data } = await bench.shared.largeDatabase();
    const measure = async () => {
      const berth = await bench.startBerth({ data });
      await delay(bench.pace.seconds * 1000);
      const figures = { start: berth.startedIn / 1000, idle: residentMiB(berth.pids()) };
      await berth.close();
      return { figures, units: 1 };
    };
    return [{ name: "Berth", measure }];
  },
};
