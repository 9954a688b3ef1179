// Tokens by scope: asked for once however many want one, kept until shortly before they expire (REQ-36).
import { LRUCache } from "lru-cache";
import { abortable } from "./abortable.ts";
import type { BearerChallenge } from "./challenge.ts";
import type { IssuedToken } from "./token-endpoint.ts";

interface Kept {
  readonly token: string;
  /** Both in milliseconds since 1970. Outside of them, also before the first, the clock or the token is wrong. */
  readonly from: number;
  readonly until: number;
}

const maxScopes = 10_000;

export interface TokenSourceParts {
  readonly fetch: (challenge: BearerChallenge, scope: string, signal: AbortSignal) => Promise<IssuedToken>;
  readonly now: () => number;
  /** Ends what is being fetched; whoever waits for it has a signal of its own. */
  readonly closing: AbortSignal;
}

export class TokenSource {
  readonly #parts: TokenSourceParts;
  readonly #kept = new LRUCache<string, Kept>({ max: maxScopes });
  readonly #running = new Map<string, Promise<string>>();

  constructor(parts: TokenSourceParts) {
    this.#parts = parts;
  }

  /** @returns `fresh`: it was made for this call, or while it waited, so that nothing better can be had */
  async get(
    challenge: BearerChallenge,
    scope: string,
    signal: AbortSignal,
  ): Promise<{ readonly token: string; readonly fresh: boolean }> {
    const key = keyOf(challenge, scope);
    const kept = this.#kept.get(key);
    const now = this.#parts.now();
    if (kept && kept.from <= now && now < kept.until) return { token: kept.token, fresh: false };
    const running = this.#running.get(key) ?? this.#fetch(key, challenge, scope);
    return { token: await abortable(running, signal), fresh: true };
  }

  /** It was refused, whatever it says: the next one who asks gets another, unless somebody has got it already. */
  drop(challenge: BearerChallenge, scope: string, token: string): void {
    const key = keyOf(challenge, scope);
    if (this.#kept.get(key)?.token === token) this.#kept.delete(key);
  }

  #fetch(key: string, challenge: BearerChallenge, scope: string): Promise<string> {
    const { fetch, now, closing } = this.#parts;
    const running = fetch(challenge, scope, closing)
      .then(({ token, seconds }) => {
        const from = now();
        this.#kept.set(key, { token, from, until: from + usableSeconds(seconds) * 1000 });
        return token;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    running.catch(() => undefined);
    return running;
  }
}

/** A request that begins now must still be good when it arrives. */
function usableSeconds(seconds: number): number {
  return seconds - Math.min(30, seconds / 4);
}

function keyOf({ realm, service }: BearerChallenge, scope: string): string {
  return JSON.stringify([realm, service, scope]);
}
