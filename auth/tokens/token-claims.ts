// The claims of a token: the JSON of whoever signed it becomes narrow types, or the token counts for nothing.
// https://distribution.github.io/distribution/spec/auth/jwt/
import type { Scope } from "../scope.ts";
import { isJsonObject, type JsonObject } from "./json-object.ts";
import { TokenRefused } from "./token-verdict.ts";

export interface TokenClaims {
  /** Empty for anonymous. */
  readonly subject: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds since 1970, the tolerance for clocks included. */
  readonly validUntil: number;
}

/** How far the clocks of issuer and verifier may be apart (REQ-54; Distribution's Leeway is the same). */
export const skewSeconds = 60;

/** Told how many seconds the issuer's clock is ahead, at least, when that can be seen: only ahead can (REQ-54). */
export type OnSkew = (seconds: number) => void;

export interface ExpectedClaims {
  readonly issuer: string;
  readonly service: string;
  readonly onSkew?: OnSkew | undefined;
  /** How far the issuer sets `iat` back. */
  readonly backdatedSeconds?: number;
}

/** What rounding and the way explain. */
const noticedSeconds = 2;

/** The last moment that a Date can tell. */
const maxSeconds = 8.64e12;

/**
 * Everything is judged here but the expiry: that depends on when one asks.
 * @param now milliseconds since 1970
 * @throws TokenRefused when the token is for somebody else, not yet valid, or not shaped as a token is
 */
export function tokenClaims(payload: JsonObject, expected: ExpectedClaims, now: number): TokenClaims {
  const { iss, aud, sub, exp, iat, nbf, access } = payload;
  if (iss !== expected.issuer) throw new TokenRefused("the token is from another issuer");
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(expected.service)) throw new TokenRefused("the token is for another service");
  const { backdatedSeconds = 0, onSkew } = expected;
  const ahead = seconds(iat ?? 0) + backdatedSeconds - now / 1000;
  if (ahead > noticedSeconds) onSkew?.(Math.round(ahead));
  const latest = now / 1000 + skewSeconds;
  if (seconds(nbf ?? 0) > latest) throw new TokenRefused("the token is not valid yet: do the clocks agree?");
  if (seconds(iat ?? 0) > latest) throw new TokenRefused("the token is of the future: do the clocks agree?");
  return {
    // Go's token servers write null for what is empty.
    subject: text(sub ?? ""),
    scopes: list(access ?? []).map(parseScopeClaim),
    validUntil: (seconds(exp) + skewSeconds) * 1000,
  };
}

function parseScopeClaim(entry: unknown): Scope {
  if (!isJsonObject(entry)) throw malformed();
  const { type, name, actions } = entry;
  return { type: text(type), name: text(name), actions: list(actions ?? []).map(text) };
}

function seconds(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value <= maxSeconds)) throw malformed();
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw malformed();
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed();
  return value;
}

function malformed(): TokenRefused {
  return new TokenRefused("the token's claims are malformed");
}
