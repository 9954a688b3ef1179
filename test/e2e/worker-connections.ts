// Connections to a Berth of several workers, each known by the worker that has it: a connection stays with its worker, and
// every line of the log says whose it is.
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { RegistryHttp } from "../support/clients/registry-http.ts";
import type { BerthProcess } from "./berth-process.ts";

interface WorkerLine {
  readonly worker?: number;
  readonly requestId?: string;
  readonly msg: string;
}

export function linesOf(berth: BerthProcess): WorkerLine[] {
  const lines = berth.process.log().split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as WorkerLine);
}

/** Sends one request and waits for its line. */
async function workerOf(berth: BerthProcess, http: RegistryHttp): Promise<number> {
  const { headers } = await http.send("GET", "/v2/");
  for (let tries = 0; tries < 200; tries++) {
    const line = linesOf(berth).find(({ requestId }) => requestId === headers["x-request-id"]);
    if (line?.worker !== undefined) return line.worker;
    await delay(20);
  }
  throw new Error("no line of the log tells which worker answered");
}

/** One client for each of two workers; requests of each go one after the other, over its one connection. */
export async function connectToBoth(berth: BerthProcess): Promise<readonly [RegistryHttp, RegistryHttp]> {
  const found = new Map<number, RegistryHttp>();
  for (let tries = 0; tries < 50 && found.size < 2; tries++) {
    const http = new RegistryHttp(`http://${berth.host}`);
    onTestFinished(() => http.close());
    found.set(await workerOf(berth, http), http);
  }
  const [one, other] = [found.get(1), found.get(2)];
  if (one === undefined || other === undefined) throw new Error("one worker has all connections");
  return [one, other];
}
