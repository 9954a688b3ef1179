// One worker as the primary sees it: a process that is told to start, to change, to count and to close, and that ends
// one day.
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { Config } from "../config/load-config.ts";
import type { Figures } from "../observability/workers-metrics.ts";
import type { FromWorker, ToWorker, WorkerOrder, WorkerReady } from "./messages.ts";
import { toError } from "./told-error.ts";
import { WholeLines } from "./whole-lines.ts";

/** A worker that is so busy counts with what it said last. */
const countingMilliseconds = 3000;

export interface WorkerEnd {
  /** How, in words that follow "a worker". */
  readonly how: string;
  /** As one ends that was told to. */
  readonly isOrderly: boolean;
}

export class WorkerProcess {
  readonly number: number;
  /** Fulfilled when it serves; rejects with the reason when it can't, or with how it ended. */
  readonly ready: Promise<WorkerReady>;
  /** Fulfilled when all that it wrote was passed on. */
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (figures: Figures) => void>();
  #questions = 0;
  #figures: Figures | undefined;
  /** What it has not heard yet. */
  #unsent: ToWorker[] | undefined = [];

  constructor(order: WorkerOrder, pass: (lines: string) => void) {
    this.number = order.number;
    this.#worker = cluster.fork();
    const lines = new WholeLines(pass);
    this.#worker.process.stdout?.on("data", (chunk: Buffer) => lines.add(chunk));
    this.ended = this.#untilEnd();
    this.ready = this.#untilReady();
    // whoever started it hears of its end, too
    this.ready.catch(() => undefined);
    this.#send({ kind: "start", order });
  }

  change(config: Config): void {
    this.#send({ kind: "change", config });
  }

  /** undefined before it has ever counted. */
  async count(): Promise<Figures | undefined> {
    const question = this.#questions++;
    const answer = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, countingMilliseconds);
      this.#waiting.set(question, (figures) => {
        clearTimeout(timer);
        this.#figures = figures;
        resolve();
      });
    });
    this.#send({ kind: "count", question });
    await answer;
    this.#waiting.delete(question);
    return this.#figures;
  }

  /** Lets its transfers finish. */
  close(): void {
    this.#send({ kind: "close" });
  }

  kill(): void {
    this.#worker.process.kill("SIGKILL");
  }

  /** What can't be sent any more was for a worker that is as good as ended. */
  #send(message: ToWorker): void {
    if (this.#unsent !== undefined) this.#unsent.push(message);
    else if (this.#worker.isConnected()) this.#worker.send(message, () => undefined);
  }

  #sendAll(): void {
    const waiting = this.#unsent ?? [];
    this.#unsent = undefined;
    for (const message of waiting) this.#send(message);
  }

  #untilReady(): Promise<WorkerReady> {
    return new Promise((resolve, reject) => {
      this.#worker.on("message", (message: FromWorker) => {
        switch (message.kind) {
          case "listening":
            return this.#sendAll();
          case "ready":
            return resolve(message.ready);
          case "failed":
            return reject(toError(message.error));
          case "counted":
            return this.#waiting.get(message.question)?.(message.figures);
        }
      });
      void this.ended.then(({ how }) => reject(new Error(`a worker ${how} while it started`)));
    });
  }

  async #untilEnd(): Promise<WorkerEnd> {
    // `close` comes after `exit`, when its output was read to the end
    const [code, signal] = (await once(this.#worker.process, "close")) as [number | null, string | null];
    const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
    return { how, isOrderly: code === 0 };
  }
}
