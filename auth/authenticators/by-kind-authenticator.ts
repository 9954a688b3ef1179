// Each kind of credentials goes to whoever knows it. Nothing shown is no mistake: it makes an anonymous caller.
import { isSecret } from "../accounts/secrets.ts";
import type { Authentication, Authenticator, Circumstances, Credentials } from "../authenticator.ts";
import { bareCaller } from "../caller.ts";

export interface AuthenticatorsByKind {
  /** Name and password, or name and secret; also a secret alone, which admin clients send as a bearer token. */
  readonly basic: Authenticator;
  /** Signed tokens. */
  readonly token: Authenticator;
}

const nobody: Authentication = { outcome: "accepted", caller: bareCaller };

export class ByKindAuthenticator implements Authenticator {
  readonly #kinds: AuthenticatorsByKind;

  constructor(kinds: AuthenticatorsByKind) {
    this.#kinds = kinds;
  }

  async authenticate(credentials: Credentials, circumstances: Circumstances): Promise<Authentication> {
    switch (credentials.kind) {
      case "none":
        return nobody;
      case "basic":
        return this.#kinds.basic.authenticate(credentials, circumstances);
      case "bearer": {
        const { basic, token } = this.#kinds;
        return (isSecret(credentials.token) ? basic : token).authenticate(credentials, circumstances);
      }
    }
  }
}
