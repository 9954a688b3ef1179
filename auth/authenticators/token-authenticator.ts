// Who shows a token that Berth signed. The token says what it carries; whether its holder's account still counts is
// asked anew each time, so that disabling an account ends its tokens.
import type { Authentication, Authenticator, Circumstances, Credentials } from "../authenticator.ts";
import type { AccountHolder } from "../principal.ts";
import type { TokenVerifier } from "../tokens/token-verifier.ts";

export interface PrincipalDirectory {
  /** Whether the account exists, is enabled, and has not expired. */
  isActive(principal: AccountHolder): Promise<boolean>;
}

export interface TokenAuthenticatorParts {
  readonly verifier: Pick<TokenVerifier, "verify">;
  readonly directory: PrincipalDirectory;
}

export class TokenAuthenticator implements Authenticator {
  readonly #parts: TokenAuthenticatorParts;

  constructor(parts: TokenAuthenticatorParts) {
    this.#parts = parts;
  }

  /** For bearer credentials alone; others are refused. */
  async authenticate(
    credentials: Credentials,
    { acceptExpired = false }: Circumstances,
  ): Promise<Authentication> {
    if (credentials.kind !== "bearer") return { outcome: "refused", reason: "a token is needed" };
    const verdict = await this.#parts.verifier.verify(credentials.token, { acceptExpired });
    if (verdict.outcome === "refused") return verdict;
    const { principal, scopes } = verdict;
    if (principal.kind !== "anonymous" && !(await this.#parts.directory.isActive(principal))) {
      return { outcome: "refused", reason: "the account of this token is disabled, expired or deleted" };
    }
    return { outcome: "accepted", caller: { principal, grant: { kind: "scopes", scopes } } };
  }
}
