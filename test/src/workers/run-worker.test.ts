// A worker does what it is told, one thing after the other, and says why when it can't.
import { expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import type { FromWorker, ToWorker, WorkerOrder } from "../../../src/workers/messages.ts";
import { runWorker, type WorkerServer } from "../../../src/workers/run-worker.ts";

const config = loadConfig();
const order: WorkerOrder = { number: 2, config, adminPassword: undefined };

function worker(assemble: () => Promise<WorkerServer>) {
  const said: (FromWorker | string)[] = [];
  let hear: (message: ToWorker) => void = () => undefined;
  runWorker({
    assemble,
    listen: (listener) => (hear = listener),
    send: async (message) => void said.push(message),
    exit: (code) => void said.push(`exit ${code}`),
  });
  return { said, hear: (message: ToWorker) => hear(message) };
}

function serverThat(did: string[]): WorkerServer {
  return {
    urls: { http: "http://127.0.0.1:5000" },
    firstAdmin: undefined,
    change: () => void did.push("changed"),
    figures: async () => [],
    close: async () => void did.push("closed"),
  };
}

it("starts, takes changes over, counts, closes, and ends with 0", async () => {
  const did: string[] = [];
  const { said, hear } = worker(async () => serverThat(did));
  // all at once: what comes while it starts waits
  hear({ kind: "start", order });
  hear({ kind: "change", config });
  hear({ kind: "count", question: 7 });
  hear({ kind: "close" });
  await expect.poll(() => said.at(-1)).toBe("exit 0");
  expect(did).toEqual(["changed", "closed"]);
  expect(said).toEqual([
    { kind: "listening" },
    { kind: "ready", ready: { url: "http://127.0.0.1:5000", firstAdmin: undefined } },
    { kind: "counted", question: 7, figures: [] },
    "exit 0",
  ]);
});

it("that can't start says why, and ends with 1", async () => {
  const { said, hear } = worker(() => Promise.reject(new Error("no database")));
  hear({ kind: "start", order });
  await expect.poll(() => said.at(-1)).toBe("exit 1");
  expect(said[1]).toMatchObject({ kind: "failed", error: { message: "no database" } });
});

it("that is told to close before it started just ends", async () => {
  const { said, hear } = worker(() => Promise.reject(new Error("not asked to")));
  hear({ kind: "close" });
  await expect.poll(() => said).toEqual([{ kind: "listening" }, "exit 0"]);
});

it("goes on where it can't count", async () => {
  const did: string[] = [];
  const figures = () => Promise.reject(new Error("the store is away"));
  const { said, hear } = worker(async () => ({ ...serverThat(did), figures }));
  hear({ kind: "start", order });
  hear({ kind: "count", question: 1 });
  hear({ kind: "close" });
  await expect.poll(() => said.at(-1)).toBe("exit 0");
  expect(said.map((one) => (typeof one === "string" ? one : one.kind))).toEqual([
    "listening",
    "ready",
    "exit 0",
  ]);
});
