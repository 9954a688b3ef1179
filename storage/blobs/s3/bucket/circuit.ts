// Stops asking an endpoint that does not answer: after a row of failures every request is refused at once, until one
// that is let through has succeeded. Requests that pile up in front of a dead bucket would take the registry with it.
//
//   closed ──failures in a row──▶ open ──time──▶ one probe ──success──▶ closed
//                                   ◀──────────failure────────┘
import { StorageError } from "../../../storage-error.ts";

export interface CircuitOptions {
  readonly circuitFailures: number;
  readonly circuitMilliseconds: number;
}

export class Circuit {
  readonly #options: CircuitOptions;
  readonly #now: () => number;
  #failures = 0;
  #refusedUntil = 0;
  #reason: unknown;

  /** @param now milliseconds */
  constructor(options: CircuitOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** To be asked before each request. @throws StorageError `busy` while open; `cause` is the failure that opened it */
  enter(): void {
    if (this.#failures < this.#options.circuitFailures) return;
    if (this.#now() < this.#refusedUntil) {
      throw new StorageError("busy", "the object store does not answer; it is tried again in a moment", {
        cause: this.#reason,
      });
    }
    // This request is the probe: the others go on waiting for what becomes of it.
    this.#refuse();
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(reason: unknown): void {
    this.#failures += 1;
    this.#reason = reason;
    if (this.#failures >= this.#options.circuitFailures) this.#refuse();
  }

  #refuse(): void {
    this.#refusedUntil = this.#now() + this.#options.circuitMilliseconds;
  }
}
