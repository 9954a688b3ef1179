// Hands bytes to a Writable one chunk at a time, and ends in an error whichever way the destination dies. Apart because
// every kind of body writes through it.
import type { Writable } from "node:stream";

export class Outlet {
  readonly #destination: Writable;
  readonly #signal: AbortSignal;
  #broken: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(destination: Writable, signal: AbortSignal) {
    this.#destination = destination;
    this.#signal = signal;
    if (destination.destroyed) this.#onClose();
    if (signal.aborted) this.#onAbort();
    destination.on("close", this.#onClose).on("error", this.#break);
    signal.addEventListener("abort", this.#onAbort);
  }

  /** Resolves when the destination is done with `bytes`: this is the backpressure, and `bytes` may then be reused. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#broken) {
        reject(this.#broken);
        return;
      }
      this.#reject = reject;
      this.#destination.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  release(): void {
    this.#destination.off("close", this.#onClose).off("error", this.#break);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #break = (error: Error): void => {
    this.#broken ??= error;
    this.#reject?.(this.#broken);
  };

  readonly #onClose = (): void => this.#break(new Error("the destination closed before the last byte"));

  readonly #onAbort = (): void =>
    this.#break(new Error("the transfer was aborted", { cause: this.#signal.reason }));
}
