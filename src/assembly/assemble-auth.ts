// The auth side of the composition: which authenticator, rules and endpoints each mode has. Only the mode in force is
// loaded: a start without accounts is spared their admin API, which with argon2 is a sixth of its CPU and 11 of 92 MiB.
import { OpenAuthenticator } from "../../auth/open-authenticator.ts";
import { OpenAuthorizer } from "../../auth/open-authorizer.ts";
import type { AuthParts, AuthSide } from "./auth-side.ts";
import type { Config } from "../config/load-config.ts";
import { challengesOf } from "../http/challenge.ts";
import { Gate } from "../http/middleware/gate.ts";
import { noTrail } from "./no-trail.ts";

export async function assembleAuth(config: Config, parts: AuthParts): Promise<AuthSide> {
  switch (config.auth.mode) {
    case "open":
      return openToAll(config, parts);
    case "accounts":
      return (await import("./assemble-accounts.ts")).assembleAccounts(config, parts);
    case "token":
      return (await import("./assemble-foreign-tokens.ts")).assembleForeignTokens(config, parts);
  }
}

function openToAll({ auth }: Config, { origin }: AuthParts): AuthSide {
  const gate = new Gate({
    authenticator: new OpenAuthenticator(),
    authorizer: new OpenAuthorizer(),
    challenges: challengesOf({ service: auth.accounts.service, origin }),
    origin,
    trail: noTrail,
  });
  return { gate, before: [], jobs: [], firstAdmin: undefined, close: async () => undefined };
}
