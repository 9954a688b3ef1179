// A server process under test: started, asked whether it is ready, ended by its own pid. Of its own, because dockerd,
// containerd and registries are all handled alike and none may outlive its test.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface DaemonOptions {
  program: string;
  args: readonly string[];
  logFile: string;
  environment?: Record<string, string>;
}

export class Daemon {
  readonly #child: ChildProcess;
  readonly #options: DaemonOptions;

  constructor(options: DaemonOptions) {
    this.#options = options;
    const log = openSync(options.logFile, "a");
    this.#child = spawn(options.program, options.args, {
      stdio: ["ignore", log, log],
      env: { ...process.env, ...options.environment },
    });
    closeSync(log);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#options.program} could not be started`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that the process has written to its standard output and error. */
  log(): string {
    return readFileSync(this.#options.logFile, "utf8");
  }

  /** Asks `probe` until it answers true; throws with the log when the process ends or `seconds` pass. */
  async untilReady(probe: () => Promise<boolean>, seconds = 30): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await probe())) {
      if (!this.running || Date.now() > deadline) {
        await this.stop("SIGKILL");
        throw new Error(`${this.#options.program} did not become ready\n${this.log()}`);
      }
      await delay(50);
    }
  }

  /** Sends the signal and waits for the end, SIGKILL after `seconds`; the exit code, or the signal that ended it. */
  async stop(signal: NodeJS.Signals = "SIGTERM", seconds = 30): Promise<number | NodeJS.Signals> {
    if (this.running) {
      const ended = once(this.#child, "exit");
      this.#child.kill(signal);
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), seconds * 1000);
      await ended;
      clearTimeout(timer);
    }
    return this.exit();
  }

  /** How the process ended. */
  exit(): number | NodeJS.Signals {
    return this.#child.exitCode ?? this.#child.signalCode ?? -1;
  }

  /** Waits until the process ends by itself. */
  async ended(): Promise<number | NodeJS.Signals> {
    if (this.running) await once(this.#child, "exit");
    return this.exit();
  }

  /** Memory in use now and at its highest, in MiB, as Linux counts it. */
  residentMiB(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const field = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    return { now: Math.round(field("VmRSS")), peak: Math.round(field("VmHWM")) };
  }
}
