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
  readonly auth: AuthMode & { readonly token?: { readonly realm: string } | undefined };
  readonly http: {
    readonly listen: ListenAddress;
    readonly publicUrl?: string | undefined;
    readonly tls?: object | undefined;
  };
}

/**
 * What is wrong with the address that clients are sent to for their tokens, in a sentence for an operator: passwords could
 * be read on the way, or the clients would not get there (REQ-53).
 */
export function realmRisk({ auth, http }: Reached): string | undefined {
  if (auth.mode === "open") return undefined;
  const isReached = !isLoopback(http.listen.host);
  const [key, url] =
    auth.mode === "token" ? ["auth.token.realm", auth.token?.realm] : ["http.publicUrl", http.publicUrl];
  if (url === undefined) return isReached && http.tls === undefined ? plainHttp : undefined;
  const { protocol, hostname } = new URL(url);
  if (isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"))) {
    return isReached
      ? `${key} is ${url}: other machines would look for their tokens on themselves`
      : undefined;
  }
  if (protocol === "https:") return undefined;
  return `${key} is ${url}: ${unencrypted}, so it should begin with https`;
}

const unencrypted = "passwords and tokens travel unencrypted, and docker refuses to send them so";
const plainHttp =
  `Nothing says where TLS is: ${unencrypted}. Set http.tls, or put a proxy with TLS in front and set http.publicUrl ` +
  "to its https address";
