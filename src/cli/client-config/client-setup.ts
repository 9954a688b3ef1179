// What a client's configuration is made from, and what it becomes: apart from the clients, which all speak of it.

/** This registry as its clients see it. */
export interface MirrorServer {
  readonly scheme: "http" | "https";
  /** Host, and port where it is not the scheme's own; IPv6 in brackets. */
  readonly host: string;
  /** What a proxy in front puts before `/v2/`; empty, or with a slash before it and none behind. */
  readonly path: string;
  /** File on the client's machine with the authority that signed our certificate, unless everybody knows it. */
  readonly ca: string | undefined;
  readonly upstreams: readonly { readonly name: string; readonly aliases: readonly string[] }[];
  /** Name of the upstream that un-prefixed pulls go to. */
  readonly default: string | undefined;
}

export interface ClientSetup {
  /** A file's content or a command, to be used as it is: all of standard output. */
  readonly text: string;
  /** What else there is to know or to do; for the error output. */
  readonly notes: readonly string[];
}

export function urlOf({ scheme, host, path }: MirrorServer): string {
  return `${scheme}://${host}${path}`;
}

/** Hosts that images of the upstreams are named with. */
export function hostsOf({ upstreams }: MirrorServer): string[] {
  return upstreams.flatMap(({ name, aliases }) => [name, ...aliases]);
}

/** Strings of JSON, TOML and YAML are alike, for what can stand in a URL or a path. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** @throws Error for clients that know hosts alone */
export function requireNoPath({ path }: MirrorServer, client: string): void {
  if (path === "") return;
  throw new Error(
    `error: ${client} asks for /v2/ at the root of a host and nowhere else: give --url without ${path}, of an address that has /v2/ there`,
  );
}
