// The auth side of the composition: which authenticator, rules and endpoints a mode has.
import { OpenAuthenticator } from "../auth/open-authenticator.ts";
import { OpenAuthorizer } from "../auth/open-authorizer.ts";
import type { MetadataStore } from "../storage/metadata/metadata-store.ts";
import type { Config } from "./config/load-config.ts";
import { challengesOf } from "./http/challenge.ts";
import { Gate } from "./http/middleware/gate.ts";
import type { Origin } from "./http/origin.ts";

export interface AuthParts {
  readonly metadata: MetadataStore;
  readonly origin: Origin;
}

export async function assembleAuth(config: Config, { origin }: AuthParts): Promise<{ gate: Gate }> {
  const gate = new Gate({
    authenticator: new OpenAuthenticator(),
    authorizer: new OpenAuthorizer(),
    challenges: challengesOf({ service: config.auth.accounts.service, origin }),
    origin,
    trail: { note: () => undefined },
  });
  return { gate };
}
