// Whether a source is worth asking now (REQ-33): an outage costs one timeout in each window, and one that asks first
// when it is over, whatever number of clients wait.
//
//   sound ──timeout, 429, or two of dns, tls, connection, failing in a row──▶ left out ──window passed──▶ one probe
//     ▲                                                                          ▲                          │   │
//     └──────────────────────────────── an answer ───────────────────────────────┼──────────────────────────┘   │
//                                                                                └─────────── a failure ────────┘
import type { RemoteError, RemoteFailure } from "../remote/remote-error.ts";

/** Of these two in a row are an outage: one alone may have been the request, or a connection that was just closed. */
const suspicious: ReadonlySet<RemoteFailure> = new Set(["dns", "tls", "connection", "failing"]);
const inARow = 2;
/** Nobody is believed who asks to be left alone for longer. */
const longestPauseSeconds = 900;
/** A probe that never told how it ended is given up. */
const probeSeconds = 30;

export class OutageMemory {
  readonly #windowSeconds: number;
  readonly #now: () => number;
  #failures = 0;
  /** When it was left out. Before that the clock was set back, and nobody knows how long ago it was. */
  #since = 0;
  #until = 0;
  #last: RemoteError | undefined;
  #probeUntil = 0;

  /** @param windowSeconds nobody asks for so long after an outage began */
  constructor(windowSeconds: number, now: () => number) {
    this.#windowSeconds = windowSeconds;
    this.#now = now;
  }

  /** Undefined when it may be asked; else what it did last, for as long as it is left out or somebody probes it. */
  get outage(): RemoteError | undefined {
    if (this.#last === undefined) return undefined;
    const now = this.#now();
    if (now < this.#since) return undefined;
    return now < this.#until || now < this.#probeUntil ? this.#last : undefined;
  }

  /** The caller is about to ask: while it does, nobody else asks a source that was left out. */
  begin(): void {
    if (this.#last !== undefined) this.#probeUntil = this.#now() + probeSeconds * 1000;
  }

  /** It answered, if only by saying no. */
  succeeded(): void {
    this.#failures = 0;
    this.#last = undefined;
    this.#until = 0;
    this.#probeUntil = 0;
  }

  /** Whoever asked left before there was an answer. */
  abandoned(): void {
    this.#probeUntil = 0;
  }

  failed(error: RemoteError): void {
    this.#probeUntil = 0;
    if (suspicious.has(error.failure)) this.#failures += 1;
    const wasOut = this.#last !== undefined;
    if (suspicious.has(error.failure) && this.#failures < inARow && !wasOut) return;
    const asked = error.failure === "rate-limited" ? (error.retryAfterSeconds ?? 0) : 0;
    const seconds = Math.min(Math.max(asked, this.#windowSeconds), longestPauseSeconds);
    this.#last = error;
    this.#since = this.#now();
    this.#until = this.#since + seconds * 1000;
  }
}
