// `http.workers`: one server made of several processes, for whoever asks no different from one in a single process.
//
//             ┌─ primary: holds the port, reads the configuration, takes signals, writes the log, /metrics ──┐
//   clients ──┤                                                                                              │
//             ├─▶ worker 1: a whole server, and the work that one process does for all (collector, scrub …)  │
//             └─▶ worker 2 … N: a whole server                                                               │
//                      └── log lines, figures ──▶ primary ◀── messages.ts ──▶ worker ────────────────────────┘
//
// Workers share the data directory as several `berth serve` do: by rows and leases. The first starts alone, so that what
// can't start is told once, and the first account is made once. One that dies is replaced; without the primary none lives.
import cluster from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config/load-config.ts";
import type { Log } from "../observability/logger.ts";
import { listenForMetrics } from "../observability/metrics.ts";
import { workersMetrics, type WorkersMetrics } from "../observability/workers-metrics.ts";
import type { WorkerOrder, WorkerReady } from "./messages.ts";
import { ReplacementPace, tooManyDeaths } from "./replacement-pace.ts";
import { WorkerProcess, type WorkerEnd } from "./worker-process.ts";

export interface WorkersOptions {
  readonly log: Log;
  readonly adminPassword: string | undefined;
  /** What a worker runs, a file for node. */
  readonly program: string;
}

export interface RunningWorkers {
  readonly urls: { readonly http: string; readonly metrics?: string };
  readonly firstAdmin: WorkerReady["firstAdmin"];
  /** Rejects when workers die again and again: all are ended then. */
  readonly failed: Promise<never>;
  change(config: Config): void;
  /** Lets running transfers finish in all of them, at the same time. */
  close(): Promise<void>;
}

/** @throws what kept the first worker from starting, as it was thrown there */
export async function startWorkers(config: Config, options: WorkersOptions): Promise<RunningWorkers> {
  setUp(options.program);
  const workers = new Workers(config, options);
  try {
    const { url, firstAdmin } = await workers.start();
    const metrics = config.metrics.listen && (await listenForMetrics(workers.metrics, config.metrics.listen));
    return {
      urls: { http: url, ...(metrics && { metrics: metrics.url }) },
      ...{ firstAdmin, failed: workers.failed, change: (next) => workers.change(next) },
      close: async () => {
        await workers.close();
        await metrics?.close();
      },
    };
  } catch (error) {
    // it is known already what went wrong
    await workers.close().catch(() => undefined);
    throw error;
  }
}

function setUp(exec: string): void {
  // Workers accept from one socket, and the kernel wakes whoever is idle. In turn by the primary (SCHED_RR) shares are
  // more even while nobody has much to do, and no better when it counts: with wrk and 16 connections, two workers and
  // manifest GET on two cores, 0.75 of the requests a second on kept connections, and 0.4 with one for each request. And
  // a connection that node hands to a worker which closes or dies at that moment hangs in the primary until that ends.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec, stdio: ["ignore", "pipe", "inherit", "ipc"], serialization: "advanced" });
}

class Workers {
  readonly metrics: WorkersMetrics;
  readonly failed: Promise<never>;
  readonly #options: WorkersOptions;
  readonly #pace = new ReplacementPace();
  readonly #running = new Map<number, WorkerProcess>();
  readonly #serving = new Set<WorkerProcess>();
  readonly #closing = new AbortController();
  /** One for each number: it goes on until all is closed. */
  readonly #lives: Promise<void>[] = [];
  #config: Config;
  #fail: (error: Error) => void = () => undefined;

  constructor(config: Config, options: WorkersOptions) {
    this.#config = config;
    this.#options = options;
    this.failed = new Promise((_resolve, reject) => (this.#fail = reject));
    this.failed.catch(() => undefined);
    this.metrics = workersMetrics(async () => {
      const counts = await Promise.all([...this.#serving].map((worker) => worker.count()));
      return counts.filter((figures) => figures !== undefined);
    });
  }

  /** The first worker decides whether there is a server at all; resolves when it serves. */
  async start(): Promise<WorkerReady> {
    const first = this.#begin(1);
    const ready = await first.ready;
    this.#lives.push(this.#live(first));
    for (let number = 2; number <= this.#config.http.workers; number++) {
      this.#lives.push(this.#live(this.#begin(number)));
    }
    return ready;
  }

  change(config: Config): void {
    this.#config = config;
    for (const worker of this.#running.values()) worker.change(config);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const bad = (await this.#closeAll()).find(({ isOrderly }) => !isOrderly);
    await Promise.all(this.#lives);
    if (bad) throw new Error(`a worker ${bad.how} when it was to close`);
  }

  #closeAll(): Promise<readonly WorkerEnd[]> {
    const workers = [...this.#running.values()];
    for (const worker of workers) worker.close();
    return Promise.all(workers.map((worker) => worker.ended));
  }

  #begin(number: number): WorkerProcess {
    const config = { ...this.#config, metrics: {} };
    const order: WorkerOrder = { number, config, adminPassword: this.#options.adminPassword };
    const { logger, pass } = this.#options.log;
    const worker = new WorkerProcess(order, pass);
    this.#running.set(number, worker);
    worker.ready.then(
      () => {
        this.#serving.add(worker);
        logger.info({ worker: number }, `worker ${number} serves`);
      },
      () => undefined,
    );
    void worker.ended.then(() => {
      this.#serving.delete(worker);
      if (this.#running.get(number) === worker) this.#running.delete(number);
    });
    return worker;
  }

  /** One worker after another, under one number. */
  async #live(first: WorkerProcess): Promise<void> {
    for (let worker: WorkerProcess | undefined = first; worker !== undefined;) {
      const startedAt = performance.now();
      const { how } = await worker.ended;
      if (this.#closing.signal.aborted) return;
      worker = await this.#replace(worker.number, how, performance.now() - startedAt);
    }
  }

  async #replace(number: number, how: string, lived: number): Promise<WorkerProcess | undefined> {
    const { logger } = this.#options.log;
    this.metrics.died();
    const pause = this.#pace.died(lived, performance.now());
    if (pause === undefined) {
      logger.error({ worker: number }, `worker ${number} ${how}; no other is started`);
      this.#giveUp(how);
      return undefined;
    }
    logger.error({ worker: number }, `worker ${number} ${how}; another takes its place in ${pause} ms`);
    const { signal } = this.#closing;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    return signal.aborted ? undefined : this.#begin(number);
  }

  #giveUp(how: string): void {
    this.#closing.abort();
    const why = `${tooManyDeaths}; the last ${how}. The lines above, and what they wrote, say more.`;
    void this.#closeAll().then(() => this.#fail(new Error(why)));
  }
}
