// How clients reach the server that a configuration describes: the URL that they are to use, and what signs it.
import { resolve } from "node:path";
import type { Config } from "../../config/load-config.ts";
import { formatListenAddress } from "../../config/listen-address.ts";
import type { MirrorServer } from "./client-setup.ts";

export interface AddressOptions {
  /** Instead of what the configuration says. */
  readonly url?: string;
  readonly ca?: string;
}

/** @throws Error, in a sentence, when no client could use it */
export function mirrorServer(
  config: Pick<Config, "http" | "mirror">,
  { url: given, ca }: AddressOptions,
): MirrorServer {
  const { upstreams, default: forUnprefixed } = config.mirror;
  if (upstreams.length === 0) throw new Error(withoutUpstreams);
  const url = given === undefined ? configuredUrl(config) : parseUrl(given);
  const scheme = url.protocol === "https:" ? "https" : "http";
  if (ca !== undefined && scheme === "http") {
    throw new Error(`error: --ca is for https, and clients reach this registry at ${url.origin}`);
  }
  return {
    scheme,
    host: url.host,
    path: url.pathname.replace(/\/+$/, ""),
    ca: ca === undefined ? undefined : resolve(ca),
    upstreams,
    default: forUnprefixed,
  };
}

const withoutUpstreams = `error: the configuration names no upstreams, so there is nothing that clients could have through this registry. Add to it:
  upstreams: [defaults]
  mirror:
    default: docker.io`;

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.search === "" && url.hash === "" && url.username === "" && url.password === "";
  if (url !== undefined && isPlain && /^https?:$/.test(url.protocol)) return url;
  throw new Error(`error: --url must be a URL such as https://registry.example.com, not ${text}`);
}

/** @throws Error for an address that means every one of the machine's, or none yet */
function configuredUrl({ http: { publicUrl, listen, tls } }: Pick<Config, "http">): URL {
  if (publicUrl !== undefined) return new URL(publicUrl);
  const isEvery = /^(0\.0\.0\.0|::)$/.test(listen.host);
  if (isEvery || listen.port === 0) {
    throw new Error(
      `error: http.listen is ${formatListenAddress(listen)}, which is no address for clients: say how they reach this registry, with --url or http.publicUrl`,
    );
  }
  return new URL(`${tls ? "https" : "http"}://${formatListenAddress(listen)}`);
}
