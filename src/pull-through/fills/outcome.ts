// What readers of a download get, told once to all who wait for it, however they came.
import type { Growth } from "./growth.ts";

export type DownloadOutcome =
  /** Bytes that grow, the first of which may go out. */
  | { readonly kind: "growing"; readonly growth: Growth }
  /** It is in the blob store. */
  | { readonly kind: "held" }
  /** Nothing is kept: everybody asks the upstream for himself. */
  | { readonly kind: "passing" };

export class Outcome {
  readonly #promise: Promise<DownloadOutcome>;
  #resolve: (outcome: DownloadOutcome) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor() {
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody may be waiting.
    this.#promise.catch(() => undefined);
  }

  /** The first one counts. */
  settle(outcome: DownloadOutcome): true {
    this.#resolve(outcome);
    return true;
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  /** @throws what it failed with, or the reason of `signal` */
  wait(signal: AbortSignal | undefined): Promise<DownloadOutcome> {
    if (!signal) return this.#promise;
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason as Error);
      if (signal.aborted) leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }
}
