// The header that tells a client how to come back (RFC 6750 §3, Docker's token specification). Everything in it is
// checked before: a quote or a line break in a value would let a request write into our answer.
import type { IncomingMessage } from "node:http";
import { scopeToAskFor } from "../../auth/scope.ts";
import type { Access } from "../../auth/access.ts";
import type { Origin } from "./origin.ts";

export type ChallengeError = "invalid_token" | "insufficient_scope";

export interface Challenges {
  /** The value of WWW-Authenticate for this access. */
  bearer(request: IncomingMessage, access: Access, error?: ChallengeError): string;
  /** For the admin API (RFC 7617): no token carries what it needs. */
  readonly basic: string;
}

export interface ChallengeOptions {
  /** Where tokens are to be had; our own /token unless others issue them. */
  readonly realm?: string | undefined;
  readonly service: string;
  readonly origin: Origin;
}

export function challengesOf({ realm, service, origin }: ChallengeOptions): Challenges {
  return {
    bearer: (request, access, error) => {
      const scope = scopeToAskFor(access);
      const values = {
        realm: realm ?? `${origin.baseUrl(request)}/token`,
        service,
        ...(scope !== undefined && { scope }),
        ...(error !== undefined && { error }),
      };
      const fields = Object.entries(values).map(([name, value]) => `${name}="${quotable(value)}"`);
      return `Bearer ${fields.join(",")}`;
    },
    basic: 'Basic realm="berth"',
  };
}

function quotable(value: string): string {
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(value))
    throw new Error("a value of a challenge can't be quoted");
  return value;
}
