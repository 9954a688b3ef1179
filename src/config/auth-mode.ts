// Who may do what when nobody said so: open to this machine alone, and a refusal to listen to anyone else.
import { ConfigError } from "./config-error.ts";
import { formatListenAddress, isLoopback } from "./listen-address.ts";
import type { ListenAddress } from "./listen-address.ts";

/** The mode in force and, for the start line, why it is that one. */
export type AuthMode = { readonly mode: "open"; readonly reason: string };

function refusal(listen: ListenAddress): string {
  return [
    `Berth does not listen on ${formatListenAddress(listen)} before you have said who may use it.`,
    "",
    "auth.mode is not set, and other machines could reach that address. The mode there is today is `open`: anyone who",
    "reaches the port may pull, push and delete. If the network is closed and that is what you want, say so, by",
    "",
    "  docker run -e BERTH_AUTH_MODE=open -p 5000:5000 -v berth:/data berth",
    "",
    "or in the configuration file",
    "",
    "  auth:",
    "    mode: open",
    "",
    "or with `berth serve --auth-mode open`. To serve this machine alone, listen on 127.0.0.1 instead.",
  ].join("\n");
}

/**
 * @param given auth.mode as configured
 * @param givenBy who configured it, for the reason
 * @throws ConfigError when no mode is given and the address is not a loopback one
 */
export function resolveAuthMode(
  given: "open" | undefined,
  givenBy: string | undefined,
  listen: ListenAddress,
): AuthMode {
  if (given !== undefined) return { mode: given, reason: `set by ${givenBy ?? "default"}` };
  if (isLoopback(listen.host)) {
    return { mode: "open", reason: `not set, and only this machine reaches ${formatListenAddress(listen)}` };
  }
  throw new ConfigError([{ where: "auth.mode", what: "is required beyond loopback" }], refusal(listen));
}
