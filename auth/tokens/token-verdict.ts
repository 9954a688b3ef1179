// What comes out of verifying a token, of Berth's own or of another token server.
import type { Principal } from "../principal.ts";
import type { Scope } from "../scope.ts";

/** A token whose signature and claims are good: all but its expiry, which depends on when one asks. */
export interface VerifiedToken<P extends Principal> {
  readonly principal: P;
  readonly scopes: readonly Scope[];
  /** Milliseconds since 1970, the tolerance for clocks included. */
  readonly validUntil: number;
}

export type TokenVerdict<P extends Principal> =
  | {
      readonly outcome: "verified";
      readonly principal: P;
      readonly scopes: readonly Scope[];
      readonly expired: boolean;
    }
  | {
      readonly outcome: "refused";
      /** A sentence that repeats nothing of the token. */
      readonly reason: string;
    };

export interface VerifyOptions {
  /** Good but for its expiry is good enough (REQ-14). */
  readonly acceptExpired?: boolean;
}

/** Ends the verification of a token, and becomes the verdict. An error, so that nothing is remembered of such a token. */
export class TokenRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "TokenRefused";
  }
}

/** @throws the error, when it is no refusal */
export function refusalFrom<P extends Principal>(error: unknown): TokenVerdict<P> {
  if (error instanceof TokenRefused) return { outcome: "refused", reason: error.message };
  throw error;
}

/** @param now milliseconds since 1970 */
export function verdictAt<P extends Principal>(
  { principal, scopes, validUntil }: VerifiedToken<P>,
  now: number,
  { acceptExpired = false }: VerifyOptions,
): TokenVerdict<P> {
  const expired = now > validUntil;
  return expired && !acceptExpired
    ? { outcome: "refused", reason: "the token has expired" }
    : { outcome: "verified", principal, scopes, expired };
}
