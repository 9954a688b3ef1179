// A real Berth process on a free port with its own data folder. Of its own, because every file here starts one, reads
// its log and expects it to end cleanly.
import { mkdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Daemon } from "../support/clients/daemon.ts";
import { RegistryHttp } from "../support/clients/registry-http.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";

/** The command `berth`, to be run by node. */
export const berthProgram = new URL("../../dist/src/main.js", import.meta.url).pathname;

/** `npm run e2e -- --workers N`: how many processes each Berth of the tests is made of, unless a test says so itself. */
const workers = process.env["BERTH_TEST_WORKERS"] ?? "1";

export interface RequestLine {
  method: string;
  url: string;
  /** The name that the request's repository goes by. */
  repository?: string;
  status: number;
  milliseconds: number;
}

export interface BerthOptions {
  environment?: Record<string, string>;
  /** PEM of the authority that signed its certificate, where the environment gives it one. */
  authority?: string | undefined;
}

export class BerthProcess {
  readonly folder: string;
  readonly host: string;
  readonly http: RegistryHttp;
  readonly #environment: Readonly<Record<string, string>>;
  /** Of its folder it has the only process, or is the first of several. */
  readonly #ownsFolder: boolean;
  #daemon: Daemon | undefined;

  private constructor(start: { folder: string; port: number; ownsFolder: boolean } & BerthOptions) {
    const { folder, port, environment = {}, authority } = start;
    this.folder = folder;
    this.host = `127.0.0.1:${port}`;
    const isSecure = "BERTH_HTTP_TLS_CERT" in environment;
    const trust = authority === undefined ? {} : { authority };
    this.http = new RegistryHttp(`${isSecure ? "https" : "http"}://${this.host}`, trust);
    this.#environment = { BERTH_HTTP_WORKERS: workers, ...environment };
    this.#ownsFolder = start.ownsFolder;
  }

  static async start(environment: Record<string, string> = {}, authority?: string): Promise<BerthProcess> {
    const [folder, port] = [await createScratchFolder(), await freePort()];
    const berth = new BerthProcess({ folder, port, environment, authority, ownsFolder: true });
    await berth.start();
    return berth;
  }

  /** One more process on the same data, with the same settings. It is to be closed before this one. */
  async startAnother(): Promise<BerthProcess> {
    const environment = this.#environment;
    const port = await freePort();
    const berth = new BerthProcess({ folder: this.folder, port, environment, ownsFolder: false });
    await berth.start();
    return berth;
  }

  get process(): Daemon {
    if (this.#daemon === undefined) throw new Error("Berth is not running");
    return this.#daemon;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  /** Starts it (again) on the same port and data. */
  async start(): Promise<void> {
    mkdirSync(this.data, { recursive: true });
    // The client's connections to the process before this one are of no use any more.
    this.http.close();
    this.#daemon = new Daemon({
      program: process.execPath,
      args: [berthProgram, "serve", "--listen", this.host, "--data", this.data],
      logFile: join(this.folder, `log-${new URL(`http://${this.host}`).port}`),
      environment: this.#environment,
    });
    const daemon = this.#daemon;
    const before = daemon.log().length;
    const count = this.#environment["BERTH_HTTP_WORKERS"] ?? "1";
    const allServe = (): boolean => count === "1" || daemon.log().includes(`worker ${count} serves`, before);
    const ready = (): Promise<boolean> =>
      this.http.send("GET", "/readyz").then(
        (answer) => answer.status === 200 && allServe(),
        () => false,
      );
    await daemon.untilReady(ready);
  }

  /** SIGTERM; a process that was asked to end must end with 0. */
  async stop(): Promise<void> {
    expect(await this.process.stop("SIGTERM")).toBe(0);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    expect(await this.process.stop("SIGKILL")).toBe("SIGKILL");
  }

  /** The requests that Berth says it has answered, over all its starts. A line may come a moment after its answer. */
  async requests(): Promise<RequestLine[]> {
    for (let seen = -1; seen !== this.process.log().length; await delay(100))
      seen = this.process.log().length;
    const lines = this.process
      .log()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    const parsed = lines.map((line) => JSON.parse(line) as RequestLine & { msg: string });
    return parsed.filter((line) => line.msg === "request");
  }

  /** Files below a folder of the data folder, as paths relative to it. */
  async filesIn(folder: string): Promise<string[]> {
    const entries = await readdir(join(this.data, folder), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  async close(): Promise<void> {
    this.http.close();
    if (this.process.running) await this.stop();
    if (this.#ownsFolder) await removeScratchFolder(this.folder);
  }
}

/**
 * Runs one Berth for the whole test file, or for the block of it in which this is called; its log is printed beside a
 * failure.
 * @param options what has to be made first is made by a function
 */
export function berthForThisFile(options: Record<string, string> | (() => Promise<BerthOptions>) = {}): {
  readonly current: BerthProcess;
} {
  let berth: BerthProcess | undefined;
  const current = (): BerthProcess => {
    if (berth === undefined) throw new Error("Berth is started before the first test of the file");
    return berth;
  };
  beforeAll(async () => {
    const { environment, authority } =
      typeof options === "function" ? await options() : { environment: options };
    berth = await BerthProcess.start(environment, authority);
  });
  afterEach((context) => {
    if (context.task.result?.state === "fail")
      console.error(`Berth's log:\n${current().process.log().slice(-6000)}`);
  });
  afterAll(async () => {
    await berth?.close();
  });
  return {
    get current() {
      return current();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
