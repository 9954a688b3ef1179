// Who may do what when nobody said so: open to this machine alone, accounts for everyone beyond.
import type { authModes } from "./auth-schema.ts";
import { ConfigError } from "./config-error.ts";
import { formatListenAddress, isLoopback } from "./listen-address.ts";
import type { ListenAddress } from "./listen-address.ts";

type Mode = (typeof authModes)[number];

/** The mode in force and, for the start line, why it is that one. */
export type AuthMode = { readonly mode: Mode; readonly reason: string };

/**
 * @param given auth.mode as configured
 * @param givenBy who configured it, for the reason
 */
export function resolveAuthMode(
  given: Mode | undefined,
  givenBy: string | undefined,
  listen: ListenAddress,
): AuthMode {
  if (given !== undefined) return { mode: given, reason: `set by ${givenBy ?? "default"}` };
  const address = formatListenAddress(listen);
  if (isLoopback(listen.host)) {
    return { mode: "open", reason: `not set, and only this machine reaches ${address}` };
  }
  return { mode: "accounts", reason: `not set, and other machines reach ${address}` };
}

/** @throws ConfigError when the mode in force lacks its section */
export function requireSectionOf(mode: Mode, token: object | undefined): void {
  if (mode !== "token" || token !== undefined) return;
  const what = "is required with mode token: realm, service, issuer, and rootCertBundle or jwks";
  throw new ConfigError([{ where: "auth.token", what }]);
}

interface Reached {
  readonly auth: AuthMode;
  readonly http: {
    readonly listen: ListenAddress;
    readonly publicUrl?: string | undefined;
    readonly tls?: object | undefined;
  };
}

/** Why passwords and tokens could be read on the way, in a sentence for an operator; undefined when they can't (REQ-53). */
export function plainHttpRisk({ auth, http }: Reached): string | undefined {
  if (auth.mode !== "accounts" || isLoopback(http.listen.host)) return undefined;
  if (http.tls !== undefined || http.publicUrl?.startsWith("https://")) return undefined;
  return (
    "Passwords and tokens travel unencrypted, and docker refuses to send them so: set http.tls, or put a proxy with " +
    "TLS in front and set http.publicUrl to its https address"
  );
}
