// The list of upstreams as it is written → each one whole: `defaults` and bare hosts spelled out, defaults filled in, paths
// absolute. What contradicts itself between two entries is found here.
import type { SourceSettings, UpstreamSettings } from "../pull-through/upstream-settings.ts";
import type { RemoteCredentials, RemoteOptions } from "../remote/remote-options.ts";
import type { KeyPath } from "./key-path.ts";
import { knownUpstreams, type KnownUpstream } from "./known-upstreams.ts";
import type { SourceSection, UpstreamSection } from "./upstream-schema.ts";

type Present<K extends keyof UpstreamSection> = { [P in K]: NonNullable<UpstreamSection[P]> };

/** An entry with everything that it can have, in the words of the file. */
export type WholeUpstream = Present<
  | "host"
  | "aliases"
  | "prefixes"
  | "sources"
  | "allow"
  | "deny"
  | "anonymous"
  | "tagTtl"
  | "tagTtlSeconds"
  | "onDeletion"
>;

export type Complain = (path: KeyPath, what: string) => void;

interface Entry {
  readonly section: UpstreamSection;
  readonly path: KeyPath;
  /** Brought by `defaults`, and so replaced by an entry of its own. */
  readonly isDefault: boolean;
}

const defaultTagTtl = [
  { pattern: "latest", seconds: 60 },
  { pattern: "*.*.*", seconds: 3600 },
];

/** Absolute paths stay; what is wrong goes to `complain`, and its entry is left out. */
export function wholeUpstreams(
  entries: readonly (string | UpstreamSection)[],
  absolute: (path: string) => string,
  complain: Complain,
): WholeUpstream[] {
  const byHost = new Map<string, Entry>();
  for (const entry of entries.flatMap(spelledOut)) {
    const { host } = entry.section;
    const before = byHost.get(host);
    const other = knownUpstreams.find(({ aliases }) => aliases.includes(host));
    if (other !== undefined) complain(entry.path, `is another name of ${other.host}: write ${other.host}`);
    else if (before === undefined || before.isDefault) byHost.set(host, entry);
    else if (!entry.isDefault)
      complain(entry.path, `is there twice: ${host} has an entry of its own already`);
  }
  expectOwnNames([...byHost.values()], complain);
  return Array.from(byHost.values(), ({ section }) => whole(section, absolute));
}

function spelledOut(entry: string | UpstreamSection, index: number): Entry[] {
  const path = ["upstreams", index];
  if (typeof entry !== "string") return [{ section: entry, path, isDefault: false }];
  if (entry !== "defaults") return [{ section: { host: entry }, path, isDefault: false }];
  return knownUpstreams.map(({ host }) => ({ section: { host }, path, isDefault: true }));
}

/** Each host, alias and prefix leads to one upstream. */
function expectOwnNames(entries: readonly Entry[], complain: Complain): void {
  const owners = new Map<string, string>();
  for (const { section } of entries) owners.set(section.host, section.host);
  for (const { section, path } of entries) {
    for (const name of [...aliasesOf(section), ...(section.prefixes ?? [])]) {
      const owner = owners.get(name) ?? section.host;
      if (owner !== section.host) complain(path, `has the name ${name}, which is ${owner}'s already`);
      else owners.set(name, owner);
    }
  }
}

function aliasesOf({ host, aliases = [] }: UpstreamSection): string[] {
  return [...new Set([...(knownOf(host)?.aliases ?? []), ...aliases])];
}

function knownOf(host: string): KnownUpstream | undefined {
  return knownUpstreams.find((known) => known.host === host);
}

function whole(section: UpstreamSection, absolute: (path: string) => string): WholeUpstream {
  const { host, prefixes = [], sources = [section], allow = [], deny = [] } = section;
  const { anonymous, tagTtl = defaultTagTtl, tagTtlSeconds = 300, onDeletion = "keep" } = section;
  const defaultUrl = knownOf(host)?.url ?? `https://${host}`;
  const places = sources.map((place) => wholeSource(place, defaultUrl, absolute));
  const isOpen = places.every(
    ({ credentials, clientCertificate }) => credentials === undefined && clientCertificate === undefined,
  );
  return {
    ...{ host, aliases: aliasesOf(section), prefixes, sources: places, allow, deny },
    // REQ-42: what our credentials open is not for everybody
    anonymous: anonymous ?? isOpen,
    ...{ tagTtl, tagTtlSeconds, onDeletion },
  };
}

function wholeSource(
  source: SourceSection,
  defaultUrl: string,
  absolute: (path: string) => string,
): SourceSection {
  const {
    url = defaultUrl,
    tags = "trusted",
    rewrite = [],
    credentials,
    proxy,
    ca,
    clientCertificate,
  } = source;
  const { insecure = false, maxConnections = 32, requestsPerSecond } = source;
  const { headersSeconds = 8, inactivitySeconds = 30 } = source;
  return {
    ...{
      url: url.replace(/\/+$/, ""),
      tags,
      rewrite,
      insecure,
      maxConnections,
      headersSeconds,
      inactivitySeconds,
    },
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    ...(proxy !== undefined && { proxy }),
    ...(ca !== undefined && { ca: absolute(ca) }),
    ...(credentials && { credentials: wholeCredentials(credentials, absolute) }),
    ...(clientCertificate && {
      clientCertificate: { cert: absolute(clientCertificate.cert), key: absolute(clientCertificate.key) },
    }),
  };
}

type Credentials = NonNullable<SourceSection["credentials"]>;

function wholeCredentials(credentials: Credentials, absolute: (path: string) => string): Credentials {
  const { file } = credentials;
  return file === undefined ? credentials : { file: absolute(file) };
}

/** The same in the words of those who fetch from it. */
export function upstreamSettings(upstream: WholeUpstream): UpstreamSettings {
  const { host, sources, ...rest } = upstream;
  return {
    ...rest,
    name: host,
    sources: sources.map(sourceSettings),
    library: knownOf(host)?.library ?? false,
  };
}

function sourceSettings(source: SourceSection): SourceSettings {
  const { tags, rewrite = [] } = source;
  return { remote: remoteOptions(source), trusted: tags !== "never", rewrite };
}

function remoteOptions(source: SourceSection): RemoteOptions {
  const { url = "", proxy, ca, clientCertificate: shown, insecure = false, requestsPerSecond } = source;
  const { maxConnections = 32, headersSeconds = 8, inactivitySeconds = 30 } = source;
  return {
    ...{ url, proxy, ca, insecure, maxConnections, requestsPerSecond, headersSeconds, inactivitySeconds },
    credentials: source.credentials && remoteCredentials(source.credentials),
    clientCertificate: shown && { certificate: shown.cert, key: shown.key },
  };
}

/** The schema made sure that it is one of the three. */
function remoteCredentials(given: Credentials): RemoteCredentials {
  const { username = "", password = "", file, command, everySeconds = 3600 } = given;
  if (file !== undefined) return { kind: "file", path: file };
  if (command !== undefined) return { kind: "command", command, everySeconds };
  return { kind: "static", username, password };
}
