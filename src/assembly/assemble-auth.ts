// The auth side of the composition: which authenticator, rules and endpoints each mode has.
import { OpenAuthenticator } from "../../auth/open-authenticator.ts";
import { OpenAuthorizer } from "../../auth/open-authorizer.ts";
import { ExternalAuthorizer } from "../../auth/external-authorizer.ts";
import { ExternalTokenAuthenticator } from "../../auth/authenticators/external-token-authenticator.ts";
import { ExternalTokenVerifier } from "../../auth/tokens/external/external-token-verifier.ts";
import { assembleAccounts } from "./assemble-accounts.ts";
import type { AuthParts, AuthSide } from "./auth-side.ts";
import type { Config } from "../config/load-config.ts";
import { challengesOf } from "../http/challenge.ts";
import { Gate } from "../http/middleware/gate.ts";
import { skewWarning } from "../observability/skew-warning.ts";

export async function assembleAuth(config: Config, parts: AuthParts): Promise<AuthSide> {
  switch (config.auth.mode) {
    case "open":
      return openToAll(config, parts);
    case "accounts":
      return assembleAccounts(config, parts);
    case "token":
      return tokensOfOthers(config, parts);
  }
}

/** No trail: there are no accounts to change, and logins happen elsewhere. */
const noTrail = { note: () => undefined, write: async () => undefined };

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

async function tokensOfOthers({ auth }: Config, { origin, logger, now }: AuthParts): Promise<AuthSide> {
  if (auth.token === undefined) throw new Error("mode token without auth.token");
  const onProblem = (message: string) => logger.warn({}, message);
  const clock = () => performance.now();
  const verifier = await ExternalTokenVerifier.open(auth.token, {
    now,
    clock,
    onProblem,
    onSkew: skewWarning(logger, clock),
  });
  const { realm, service } = auth.token;
  const gate = new Gate({
    authenticator: new ExternalTokenAuthenticator(verifier),
    authorizer: new ExternalAuthorizer(),
    challenges: challengesOf({ realm, service, origin }),
    origin,
    trail: noTrail,
  });
  return { gate, before: [], jobs: [], firstAdmin: undefined, close: async () => verifier.close() };
}
