// `auth.mode: token`: who shows a token of the configured token server. Nothing else counts: there are no accounts here.
import type { Authentication, Authenticator, Circumstances, Credentials } from "../authenticator.ts";
import { bareCaller } from "../caller.ts";
import type { ExternalTokenVerifier } from "../tokens/external/external-token-verifier.ts";

const nobody: Authentication = { outcome: "accepted", caller: bareCaller };

export class ExternalTokenAuthenticator implements Authenticator {
  readonly #verifier: Pick<ExternalTokenVerifier, "verify">;

  constructor(verifier: Pick<ExternalTokenVerifier, "verify">) {
    this.#verifier = verifier;
  }

  async authenticate(
    credentials: Credentials,
    { acceptExpired = false }: Circumstances,
  ): Promise<Authentication> {
    switch (credentials.kind) {
      case "none":
        return nobody;
      case "basic":
        return {
          outcome: "refused",
          reason: "only tokens are taken here: the challenge says who issues them",
        };
      case "bearer": {
        const verdict = await this.#verifier.verify(credentials.token, { acceptExpired });
        if (verdict.outcome === "refused") return verdict;
        const { principal, scopes } = verdict;
        return { outcome: "accepted", caller: { principal, grant: { kind: "scopes", scopes } } };
      }
    }
  }
}
