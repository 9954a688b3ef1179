// Preloads in the background: one at a time, a bounded number, remembered for a while, ended with the server.
import { describe, expect, it } from "vitest";
import { Preloads } from "../../../../src/pull-through/preload/preloads.ts";
import { SmallCache, Upstream } from "./small-cache.ts";

const order = { platforms: "all", withSignatures: false } as const;

async function opened() {
  const upstream = await Upstream.open();
  await upstream.addImage("1");
  let ids = 0;
  const parts = new SmallCache(upstream.registry).parts();
  const preloads = new Preloads({ ...parts, newId: () => `p${++ids}`, now: () => 1000 });
  const ended = async (id: string) => {
    for (;;) {
      const status = preloads.find(id);
      if (status?.endedAt !== undefined) return status;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { preloads, ended };
}

describe("preloads in the background", () => {
  it("run one after the other, and tell how each went", async () => {
    const { preloads, ended } = await opened();
    const good = preloads.start({ ...order, images: ["app:1"] });
    const bad = preloads.start({ ...order, images: ["app:1", "app:missing"] });
    expect([good?.state, bad?.state]).toEqual(["waiting", "waiting"]);
    expect(await ended("p1")).toMatchObject({ state: "done", startedAt: 1000, endedAt: 1000 });
    expect(await ended("p2")).toMatchObject({
      state: "failed",
      images: [{ phase: "done" }, { phase: "failed" }],
    });
    expect(preloads.list().map(({ id }) => id)).toEqual(["p2", "p1"]);
    expect(preloads.find("p3")).toBeUndefined();
  });

  it("are refused when too many wait, until some have ended", async () => {
    const { preloads, ended } = await opened();
    const started = Array.from({ length: 20 }, () => preloads.start({ ...order, images: ["app:1"] }));
    expect(started.filter((one) => one === undefined)).toHaveLength(4);
    await ended("p16");
    expect(preloads.start({ ...order, images: ["app:1"] })).toBeDefined();
  });

  it("of long ago are forgotten", async () => {
    const { preloads, ended } = await opened();
    for (let n = 1; n <= 70; n++) {
      preloads.start({ ...order, images: ["app:1"] });
      await ended(`p${n}`);
    }
    expect(preloads.list()).toHaveLength(64);
    expect(preloads.find("p6")).toBeUndefined();
    expect(preloads.find("p70")).toBeDefined();
  });

  it("end with the server, and none begins after that", async () => {
    const { preloads } = await opened();
    preloads.start({ ...order, images: ["app:1"] });
    preloads.start({ ...order, images: ["app:1"] });
    await preloads.close();
    expect(preloads.list().every(({ endedAt }) => endedAt !== undefined)).toBe(true);
    expect(preloads.find("p2")?.state).toBe("stopped");
    expect(preloads.start({ ...order, images: ["app:1"] })).toBeUndefined();
  });
});
