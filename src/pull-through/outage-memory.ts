// Whether a source is worth asking now (REQ-33): an outage costs one timeout in each window, and one that asks first
// when it is over, whatever number of clients wait. No request is believed alone that it got no answer: clients choose
// names, and one name may be what is silent, or lead to where nobody is.
//
//   sound ──dns, tls, connection, timeout──▶ suspected ──no answer to a ping──▶ left out ──window passed──▶ one request
//     ▲                                          │               429 ──────────────▲                          │   │
//     └───────────────── any answer ─────────────┴─────────────────────────────────┼──────────────────────────┘   │
//                                                                                  └── no answer, to a ping either ┘
import { RemoteError, unanswered } from "../remote/remote-error.ts";

/** Nobody is believed who asks to be left alone for longer. */
const longestPauseSeconds = 900;
/** A request or a ping that never told how it ended is given up. */
const probeSeconds = 30;

export interface OutageMemoryParts {
  /** Nobody asks for so long after an outage began. */
  readonly windowSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether anybody is there; rejects with a RemoteError, also for an answer that refuses. Ends by itself. */
  readonly ping: () => Promise<void>;
}

export class OutageMemory {
  readonly #parts: OutageMemoryParts;
  /** When it was left out. Before that the clock was set back, and nobody knows how long ago it was. */
  #since = 0;
  #until = 0;
  #last: RemoteError | undefined;
  #probeUntil = 0;
  #answers = 0;
  #verdict: Promise<void> | undefined;

  constructor(parts: OutageMemoryParts) {
    this.#parts = parts;
  }

  /** Undefined when it may be asked; else what it did last, for as long as it is left out or somebody tries it. */
  get outage(): RemoteError | undefined {
    if (this.#last === undefined) return undefined;
    const now = this.#parts.now();
    if (now < this.#since) return undefined;
    return now < this.#until || now < this.#probeUntil ? this.#last : undefined;
  }

  /** While it is suspected: settles, and never rejects, when that is over. To be waited for before it is asked. */
  get verdict(): Promise<void> | undefined {
    return this.#verdict;
  }

  /** The caller is about to ask: while it does, nobody else asks a source that was left out. */
  begin(): void {
    if (this.#last !== undefined) this.#probeUntil = this.#parts.now() + probeSeconds * 1000;
  }

  /** It answered, if only by saying no. */
  succeeded(): void {
    this.#answers += 1;
    this.#last = undefined;
    this.#until = 0;
    this.#probeUntil = 0;
  }

  /** Whoever asked left before there was an answer. */
  abandoned(): void {
    this.#probeUntil = 0;
  }

  failed(error: RemoteError): void {
    if (error.failure === "rate-limited") this.#leaveOut(error);
    else if (error.failure === "busy") this.abandoned();
    else if (unanswered.has(error.failure)) this.#suspect();
    else this.succeeded();
  }

  #suspect(): void {
    this.#verdict ??= this.#judge().finally(() => (this.#verdict = undefined));
  }

  async #judge(): Promise<void> {
    const answers = this.#answers;
    try {
      await this.#parts.ping();
    } catch (error) {
      const isSilent = error instanceof RemoteError && unanswered.has(error.failure);
      if (isSilent && answers === this.#answers) return this.#leaveOut(error);
    }
    this.succeeded();
  }

  #leaveOut(error: RemoteError): void {
    const asked = error.retryAfterSeconds ?? 0;
    const seconds = Math.min(Math.max(asked, this.#parts.windowSeconds), longestPauseSeconds);
    this.#last = error;
    this.#since = this.#parts.now();
    this.#until = this.#since + seconds * 1000;
    this.#probeUntil = 0;
  }
}
