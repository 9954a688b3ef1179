// Many small requests over kept connections: by wrk where it is installed, else by a client of our own in a process of its
// own. wrk 4.1 waits for the body that an answer to HEAD does not have, so HEAD is always asked by ours.
import { spawnSync } from "node:child_process";
import { runCommand } from "../../support/clients/run-command.ts";
import { startProgram } from "../servers/program.ts";
import { WrongAnswer, type Measurement } from "../scenario.ts";
import { parseWrk } from "./wrk.ts";

export interface SmallLoad {
  readonly url: string;
  readonly method?: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
  /** Of each body, bytes. */
  readonly length: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** All that came, headers too. */
  readonly bytes: number;
  /** Answers that were no 200, and broken connections. */
  readonly errors: number;
  /** Milliseconds, 99 % of the answers came sooner. */
  readonly p99: number;
}

/** It has no option that ends with 0, so whether it starts is what counts. */
export const hasWrk = spawnSync("wrk", ["-v"], { stdio: "ignore" }).error === undefined;

/** Figures `rate` (answers a second) and `p99` (milliseconds). */
export async function measureSmall(load: SmallLoad): Promise<Measurement> {
  const { requests, seconds, bytes, errors, p99 } = await run(load);
  if (errors > 0) throw new WrongAnswer(`${errors} of ${requests} answers were no 200`);
  if (requests === 0) throw new WrongAnswer("no answer came");
  const body = load.method === "HEAD" ? 0 : load.length;
  if (bytes / requests < body) throw new WrongAnswer(`answers were shorter than ${body} bytes`);
  return { figures: { rate: requests / seconds, p99 }, units: requests };
}

async function run(load: SmallLoad): Promise<LoadResult> {
  if (hasWrk && load.method !== "HEAD") return runWrk(load);
  const client = await startProgram("load/request-client", [JSON.stringify(load)]);
  await client.close();
  const outcome = JSON.parse(client.firstLine) as LoadResult | { readonly failed: string };
  if ("failed" in outcome) throw new WrongAnswer(outcome.failed);
  return outcome;
}

async function runWrk({ url, headers = {}, connections, seconds }: SmallLoad): Promise<LoadResult> {
  const script = new URL("wrk-summary.lua", import.meta.url).pathname;
  const given = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const args = ["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "-s", script, ...given, url];
  return parseWrk(await runCommand("wrk", args));
}
