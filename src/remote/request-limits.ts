// How much is asked of one upstream at a time, and how often: the limits of RemoteOptions. Waiting ends with the
// signal. There is no clock in it, so that no jump of one can hold it up.

/** `transfer`: a blob's bytes, which take long. They leave room for questions, which are short. */
export type RequestKind = "question" | "transfer";

interface Waiting {
  readonly kind: RequestKind;
  readonly begin: () => void;
}

export interface RequestLimitsOptions {
  readonly maxConnections: number;
  readonly requestsPerSecond?: number | undefined;
}

export class RequestLimits {
  readonly #max: Record<RequestKind, number>;
  readonly #pauseMilliseconds: number;
  #running = 0;
  #waiting: Waiting[] = [];
  #pausing: NodeJS.Timeout | undefined;

  constructor({ maxConnections, requestsPerSecond }: RequestLimitsOptions) {
    const reserved = maxConnections > 1 ? Math.ceil(maxConnections / 8) : 0;
    this.#max = { question: maxConnections, transfer: maxConnections - reserved };
    this.#pauseMilliseconds = requestsPerSecond === undefined ? 0 : 1000 / requestsPerSecond;
  }

  /** @returns to be called once, when the request and its body are over */
  async enter(kind: RequestKind, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        this.#holdProcess();
        reject(signal.reason as Error);
      };
      const begin = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const waiting: Waiting = { kind, begin };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#admit();
    });
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#running -= 1;
      this.#admit();
    };
  }

  #admit(): void {
    for (;;) {
      const next = this.#pausing ? undefined : this.#nextInLine();
      if (!next) return this.#holdProcess();
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#running += 1;
      if (this.#pauseMilliseconds > 0) this.#pause();
      next.begin();
    }
  }

  #nextInLine(): Waiting | undefined {
    return this.#waiting.find(({ kind }) => this.#running < this.#max[kind]);
  }

  #pause(): void {
    const go = () => {
      this.#pausing = undefined;
      this.#admit();
    };
    this.#pausing = setTimeout(go, this.#pauseMilliseconds);
  }

  /** Whoever waits for the end of a pause keeps a command running; the pause after the last request does not. */
  #holdProcess(): void {
    if (this.#waiting.length > 0) this.#pausing?.ref();
    else this.#pausing?.unref();
  }
}
