// The auth side of the composition: which authenticator, rules and endpoints each mode has.
import { OpenAuthenticator } from "../auth/open-authenticator.ts";
import { OpenAuthorizer } from "../auth/open-authorizer.ts";
import { ExternalAuthorizer } from "../auth/external-authorizer.ts";
import { ExternalTokenAuthenticator } from "../auth/authenticators/external-token-authenticator.ts";
import { ExternalTokenVerifier } from "../auth/tokens/external/external-token-verifier.ts";
import type { FirstAdmin } from "../auth/accounts/first-admin.ts";
import type { MetadataStore } from "../storage/metadata/metadata-store.ts";
import { assembleAccounts } from "./assemble-accounts.ts";
import type { Config } from "./config/load-config.ts";
import type { AppParts } from "./http/app.ts";
import { challengesOf } from "./http/challenge.ts";
import { Gate } from "./http/middleware/gate.ts";
import type { Origin } from "./http/origin.ts";
import type { Job } from "./jobs/job.ts";
import type { Logger } from "./observability/logger.ts";
import type { Expiring } from "./observability/metrics.ts";
import { skewWarning } from "./observability/skew-warning.ts";

export interface AuthParts {
  readonly metadata: MetadataStore;
  readonly origin: Origin;
  readonly logger: Logger;
  readonly now: () => number;
  /** For the first administrator; one is made up when it is undefined. */
  readonly adminPassword: string | undefined;
}

export interface AuthSide {
  readonly gate: Gate;
  /** What the mode serves besides `/v2`. */
  readonly before: NonNullable<AppParts["before"]>;
  readonly jobs: readonly Job[];
  /** Robots that will end one day, for the metrics. */
  readonly expiringRobots?: () => Promise<readonly Expiring[]>;
  /** Made just now, because nobody could administer. */
  readonly firstAdmin: FirstAdmin | undefined;
  close(): Promise<void>;
}

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
