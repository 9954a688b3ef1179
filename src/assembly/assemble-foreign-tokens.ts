// `auth.mode: token`: a gate for the tokens that another server issues.
import { ExternalTokenAuthenticator } from "../../auth/authenticators/external-token-authenticator.ts";
import { ExternalAuthorizer } from "../../auth/external-authorizer.ts";
import { ExternalTokenVerifier } from "../../auth/tokens/external/external-token-verifier.ts";
import type { AuthParts, AuthSide } from "./auth-side.ts";
import { noTrail } from "./no-trail.ts";
import type { Config } from "../config/load-config.ts";
import { challengesOf } from "../http/challenge.ts";
import { Gate } from "../http/middleware/gate.ts";
import { skewWarning } from "../observability/skew-warning.ts";

export async function assembleForeignTokens(
  { auth }: Config,
  { origin, logger, now }: AuthParts,
): Promise<AuthSide> {
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
