// Signs the tokens that clients show: who they are, and the part of what they asked for that they may have.
// https://distribution.github.io/distribution/spec/auth/jwt/
import jwt from "jsonwebtoken";
import type { AccountHolder, Anonymous } from "../principal.ts";
import type { Scope } from "../scope.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { skewSeconds } from "./token-claims.ts";

export interface TokenIssuerOptions {
  readonly issuer: string;
  /** The audience. */
  readonly service: string;
  readonly tokenSeconds: number;
  readonly keys: Pick<SigningKeys, "current">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly issuedAt: Date;
}

export class TokenIssuer {
  readonly #options: TokenIssuerOptions;

  constructor(options: TokenIssuerOptions) {
    this.#options = options;
  }

  /** The claim `principal` is Berth's own; all others are as Docker's specification has them. */
  async issue(of: {
    readonly principal: AccountHolder | Anonymous;
    readonly scopes: readonly Scope[];
  }): Promise<IssuedToken> {
    const { issuer, service, tokenSeconds, keys, now, newId } = this.#options;
    const { principal } = of;
    const { kid, algorithm, privateKey } = await keys.current();
    const issuedAt = new Date(now());
    const seconds = Math.floor(issuedAt.getTime() / 1000);
    const claims = {
      iss: issuer,
      sub: principal.kind === "anonymous" ? "" : principal.name,
      aud: service,
      // Not valid a moment ago is what a verifier with a slow clock says of a fresh token: no nbf, iat set back (REQ-54).
      iat: seconds - skewSeconds,
      exp: seconds + tokenSeconds,
      jti: newId(),
      access: of.scopes.map(({ type, name, actions }) => ({ type, name, actions })),
      principal:
        principal.kind === "anonymous" ? { kind: "anonymous" } : { kind: principal.kind, id: principal.id },
    };
    const token = jwt.sign(claims, privateKey, { algorithm, keyid: kid });
    return { token, expiresInSeconds: tokenSeconds, issuedAt };
  }
}
