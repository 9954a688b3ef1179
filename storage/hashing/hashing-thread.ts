// One thread that hashes for several uploads, seen from this side: orders go out, answers come back in the same order.
import { Worker } from "node:worker_threads";
import { serveHashing, type HashingAnswer, type HashingOrder } from "./serve-hashing.ts";

interface Asker {
  readonly resolve: (answer: HashingAnswer) => void;
  readonly reject: (error: Error) => void;
}

const program = `(${serveHashing.toString()})(require("node:worker_threads").parentPort, require("node:crypto").createHash)`;

/** It keeps nothing but running hashes, whose memory is not on its heap. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

export class HashingThread {
  readonly #worker = new Worker(program, { eval: true, resourceLimits });
  readonly #askers: Asker[] = [];
  #failure: Error | undefined;

  /** @param onEnd called once when it is over, whether it was closed or died */
  constructor(onEnd: () => void) {
    const end = (cause?: unknown): void => {
      if (this.#failure) return;
      this.#failure = new Error("a thread that hashes has ended", { cause });
      for (const { reject } of this.#askers.splice(0)) reject(this.#failure);
      onEnd();
    };
    this.#worker
      .on("message", (answer: HashingAnswer) => this.#settle(answer))
      .on("error", end)
      .on("exit", () => end());
    // Only while an answer is awaited does it keep the process alive.
    this.#worker.unref();
  }

  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  ask(order: HashingOrder): Promise<HashingAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      if (this.#askers.push({ resolve, reject }) === 1) this.#worker.ref();
      this.#worker.postMessage(order);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(answer: HashingAnswer): void {
    this.#askers.shift()?.resolve(answer);
    if (this.#askers.length === 0) this.#worker.unref();
  }
}
