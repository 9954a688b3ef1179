// Berth as its users run it: `berth serve`, as a process of its own, its log in a file.
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Daemon } from "../../support/clients/daemon.ts";
import { RegistryHttp } from "../../support/clients/registry-http.ts";
import { processTree } from "../process-usage.ts";
import type { Server } from "./server.ts";

export interface BerthSettings {
  /** As the table names it. */
  readonly name?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** More of the command line, such as `--workers 2`. */
  readonly args?: readonly string[];
  /** Another program in place of the command `berth`, which takes the same arguments. */
  readonly program?: string;
  readonly data?: string;
}

export interface BerthServer extends Server {
  readonly data: string;
  /** Milliseconds from its start to the first 200. */
  readonly startedIn: number;
  /** Its log so far: JSON lines. */
  log(): string;
}

export const berthProgram = join(import.meta.dirname, "../../../dist/src/main.js");

/** The same with a transaction for every command. */
export const ungroupedProgram = join(import.meta.dirname, "ungrouped-berth.js");

/** @param folder where its log lies, and its data unless told otherwise */
export async function startBerth(folder: string, settings: BerthSettings): Promise<BerthServer> {
  const { name = "Berth", program = berthProgram, data = join(folder, "data"), args = [] } = settings;
  mkdirSync(data, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const begun = performance.now();
  const daemon = new Daemon({
    program: process.execPath,
    args: [program, "serve", "--listen", `127.0.0.1:${port}`, "--data", data, ...args],
    logFile: join(folder, "log"),
    environment: { ...settings.environment },
  });
  await untilAnswering(daemon, `${url}/readyz`);
  const startedIn = performance.now() - begun;
  const http = new RegistryHttp(url);
  const close = async (): Promise<void> => {
    http.close();
    await daemon.stop();
  };
  return {
    name,
    url,
    http,
    data,
    startedIn,
    close,
    pids: () => processTree(daemon.pid),
    log: () => daemon.log(),
  };
}

/** Closer than `Daemon.untilReady`, because the time of the start is one of the figures. */
async function untilAnswering(daemon: Daemon, url: string): Promise<void> {
  for (let tries = 0; tries < 6000; tries++) {
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (!daemon.running) break;
    await delay(5);
  }
  await daemon.stop("SIGKILL");
  throw new Error(`Berth did not start: ${daemon.log().trim().split("\n").at(-1)}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
