// Slows down whoever tries passwords: by the pair of account and network, and beyond that by the network. Never by the
// account alone, so that a stranger cannot lock anybody out. What is known, it knows of its own process only.
import type { Authentication } from "../authenticator.ts";
import { clientNetwork } from "./client-network.ts";
import { FailureTally } from "./failure-tally.ts";
import { HeadCount } from "./head-count.ts";

export interface LoginThrottleOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Who tries, as whom. */
export interface LoginAttempt {
  readonly name: string;
  readonly address: string;
}

const maxWaiting = 100;
const maxWaitingPerNetwork = 10;
/** No account's name is longer: what is beyond need not be told apart, nor be kept. */
const maxNameLength = 128;

export class LoginThrottle {
  readonly #sleep: LoginThrottleOptions["sleep"];
  readonly #pairs: FailureTally;
  readonly #networks: FailureTally;
  /** Tries that are waiting or being judged: many at once are not cheaper than one after the other. */
  readonly #pendingPairs = new HeadCount();
  readonly #pendingNetworks = new HeadCount();
  readonly #waiting = new HeadCount();

  constructor({ clock, sleep }: LoginThrottleOptions) {
    this.#sleep = sleep;
    this.#pairs = new FailureTally({ free: 5, forgiveMilliseconds: 60_000, clock });
    // Many people may share an address (NAT, proxies): more is free, and forgiven sooner.
    this.#networks = new FailureTally({ free: 50, forgiveMilliseconds: 6000, clock });
  }

  /** How long a try would have to wait now. */
  delayMilliseconds(attempt: LoginAttempt): number {
    const { pair, network } = keysOf(attempt);
    const ofPair = this.#pairs.delayMilliseconds(pair, this.#pendingPairs.of(pair));
    // Somebody who is known here is not made to wait for what others do at the same address.
    if (this.#pairs.succeededLast(pair)) return ofPair;
    return Math.max(ofPair, this.#networks.delayMilliseconds(network, this.#pendingNetworks.of(network)));
  }

  /** Waits as long as this try has to, then judges it, and remembers the outcome: `later`, when too many wait already. */
  async attempt(attempt: LoginAttempt, judge: () => Promise<Authentication>): Promise<Authentication> {
    const { pair, network } = keysOf(attempt);
    const delay = this.delayMilliseconds(attempt);
    if (delay > 0 && this.#isFull(network)) return tryLater(delay);
    this.#pendingPairs.enter(pair);
    this.#pendingNetworks.enter(network);
    try {
      if (delay > 0) await this.#wait(network, delay);
      const verdict = await judge();
      this.#remember(pair, network, verdict);
      return verdict;
    } finally {
      this.#pendingPairs.leave(pair);
      this.#pendingNetworks.leave(network);
    }
  }

  #isFull(network: string): boolean {
    return this.#waiting.total >= maxWaiting || this.#waiting.of(network) >= maxWaitingPerNetwork;
  }

  async #wait(network: string, delay: number): Promise<void> {
    this.#waiting.enter(network);
    try {
      await this.#sleep(delay);
    } finally {
      this.#waiting.leave(network);
    }
  }

  #remember(pair: string, network: string, { outcome }: Authentication): void {
    if (outcome === "accepted") this.#pairs.succeed(pair);
    if (outcome !== "refused") return;
    this.#pairs.fail(pair);
    this.#networks.fail(network);
  }
}

/** The answer to a try that would have to wait so long. */
export function tryLater(delayMilliseconds: number): Authentication {
  return { outcome: "later", retryAfterSeconds: Math.max(1, Math.ceil(delayMilliseconds / 1000)) };
}

function keysOf({ name, address }: LoginAttempt): { pair: string; network: string } {
  const network = clientNetwork(address);
  return { pair: `${network} ${name.slice(0, maxNameLength)}`, network };
}
