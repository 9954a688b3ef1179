// Which request a fault befalls: rules count the requests that they are about, and choose among them by number or by
// seeded chance. Nothing here knows what a fault does.
import type { S3Operation } from "./s3-operation.ts";

export type Fault =
  /** The connection is reset before the server hears of the request. */
  | { readonly fault: "reset-before" }
  /** The server does what it is asked, and its answer is lost with the connection. */
  | { readonly fault: "reset-after-request" }
  /** The connection ends after the answer's head and this many bytes of its body, which has to be longer. */
  | { readonly fault: "reset-during-response"; readonly afterBytes: number }
  /** After the answer's head and this many bytes of its body, which has to be longer, nothing more comes. */
  | { readonly fault: "silence-during-response"; readonly afterBytes: number }
  /** Answered in the server's place, which does not hear of the request. */
  | { readonly fault: "400" | "500" | "503-slowdown" }
  /** The body is taken and never answered; the server does not hear of it. */
  | { readonly fault: "timeout" }
  /** Both bodies crawl. */
  | { readonly fault: "slow-bytes"; readonly bytesPerSecond: number }
  /** Content-Length says `by` more (or fewer) bytes than the body has; then the connection is closed. */
  | { readonly fault: "wrong-length"; readonly by: number };

export interface Selection {
  /** Default: all operations. */
  readonly operation?: S3Operation | readonly S3Operation[];
  /** What the key begins with. Default: all keys. */
  readonly keyPrefix?: string;
  /** Only the request of this number, from 1, among those that the rule is about. */
  readonly nth?: number;
  /** Each request whose number is a multiple of this. */
  readonly every?: number;
  /** From 0 to 1; the same requests in each run with the same seed. */
  readonly probability?: number;
  /** Default: 1. */
  readonly seed?: number;
  /** The rule is used up after so many faults. */
  readonly times?: number;
}

export type FaultInjection = Selection & Fault;

export interface InjectedFault {
  /** How many requests the fault has befallen. */
  readonly hits: number;
  /** Ends the rule. */
  remove(): void;
}

export class FaultRule {
  readonly fault: Fault;
  readonly #selection: Selection;
  #seen = 0;
  #hits = 0;
  #random: number;

  constructor(injection: FaultInjection) {
    this.fault = injection;
    this.#selection = injection;
    this.#random = (injection.seed ?? 1) >>> 0;
  }

  get hits(): number {
    return this.#hits;
  }

  /** Whether the fault befalls this request, which is counted. */
  strikes(operation: S3Operation | undefined, key: string): boolean {
    const { operation: wanted, keyPrefix = "", nth, every, probability, times = Infinity } = this.#selection;
    const concerned = wanted === undefined || [wanted].flat().some((name) => name === operation);
    if (!concerned || !key.startsWith(keyPrefix)) return false;
    this.#seen += 1;
    const chosen =
      (nth === undefined || this.#seen === nth) &&
      (every === undefined || this.#seen % every === 0) &&
      (probability === undefined || this.#chance() < probability);
    if (!chosen || this.#hits >= times) return false;
    this.#hits += 1;
    return true;
  }

  /** From 0 to below 1, by mulberry32. */
  #chance(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), this.#random | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
