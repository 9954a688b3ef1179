// From the many ways to write an image of an upstream to its one name here. Everything that leads to an upstream is looked up
// in what was configured: no client can name a host that is then dialled (REQ-42).
//
//   ns=k8s.gcr.io   pause ────────────┐
//   /k8s/v2/        pause ────────────┤
//   registry.k8s.io/pause ────────────┼─▶ allowed? ─▶ registry.k8s.io/pause
//   registry.k8s.io/v2/pause ─────────┤
//   google_containers/pause (virtual) ┤
//   pause (default, not local) ───────┘
import { parseRepositoryName, type RepositoryName } from "../oci/repository-name.ts";
import type { NamespaceResolver, ResolvedName, SpelledName } from "../registry/namespace-resolver.ts";
import { anyGlobMatcher } from "../oci/glob.ts";
import {
  repositoryOf,
  reservedNames,
  type MirrorSettings,
  type UpstreamSettings,
} from "./upstream-settings.ts";
import { VirtualNames } from "./virtual-names.ts";

export interface MirrorNamespacesParts {
  readonly settings: Pick<MirrorSettings, "upstreams" | "default" | "virtual">;
  /** Whether there is a repository of our own by that name, or one is being pushed. */
  readonly isLocal: (name: RepositoryName) => Promise<boolean>;
  /** Hosts, with a port where there is one, under which clients reach this registry: `ns` of these means here. */
  readonly ownHosts?: readonly string[] | undefined;
}

type Mirrored = Extract<ResolvedName, { kind: "mirrored" }>;
type Unknown = Extract<ResolvedName, { kind: "unknown" }>;

interface Upstream extends Pick<UpstreamSettings, "name" | "library"> {
  /** Host and aliases. */
  readonly hosts: ReadonlySet<string>;
  readonly allows: (name: string) => boolean;
}

export class MirrorNamespaces implements NamespaceResolver {
  readonly reserved: ReadonlySet<string>;
  readonly #byHost: ReadonlyMap<string, Upstream>;
  /** By host, alias or prefix. */
  readonly #byName: ReadonlyMap<string, Upstream>;
  readonly #default: Upstream | undefined;
  readonly #virtual: VirtualNames;
  readonly #isLocal: MirrorNamespacesParts["isLocal"];
  readonly #ownHosts: ReadonlySet<string>;

  constructor({ settings, isLocal, ownHosts = [] }: MirrorNamespacesParts) {
    const upstreams = settings.upstreams.map((upstream) => ({ upstream, known: knownOf(upstream) }));
    const hosts = upstreams.flatMap(({ known }) => Array.from(known.hosts, (host) => [host, known] as const));
    const prefixes = upstreams.flatMap(({ upstream, known }) =>
      upstream.prefixes.map((prefix) => [prefix, known] as const),
    );
    this.#byHost = new Map(hosts);
    this.#byName = new Map([...hosts, ...prefixes]);
    this.#default = settings.default === undefined ? undefined : this.#byHost.get(settings.default);
    this.#virtual = new VirtualNames(settings.virtual);
    this.#isLocal = isLocal;
    this.#ownHosts = new Set(ownHosts.map(hostOf));
    this.reserved = reservedNames(settings);
  }

  async resolve(spelled: SpelledName): Promise<ResolvedName> {
    const { name, prefix, ns, purpose } = spelled;
    const isOwn = ns !== undefined && this.#ownHosts.has(hostOf(ns));
    if (ns !== undefined && !isOwn) return this.#byNamespace(name, ns, prefix);
    if (prefix !== undefined) return this.#byPrefix(name, prefix);
    const named = this.#byPath(name) ?? (purpose === "change" ? this.#byHostAlone(name) : undefined);
    if (named !== undefined) return named;
    const local = { kind: "local", name } as const;
    // a HEAD of a blob is a pusher's question, and only this repository can answer it
    if (purpose !== "pull" || isOwn || this.#default === undefined) return local;
    const own = parseRepositoryName(name);
    if (own === undefined || (await this.#isLocal(own))) return local;
    return this.#at(this.#default, name) ?? local;
  }

  /** Nothing of our own is looked at: what the client means is somebody else's (peers.md 4.0.8). */
  #byNamespace(name: string, ns: string, prefix: string | undefined): ResolvedName {
    const upstream = this.#byHost.get(lowerCase(ns)) ?? this.#byHost.get(hostOf(ns));
    if (upstream === undefined) return noNamespace(ns);
    if (prefix !== undefined && this.#byName.get(lowerCase(prefix)) !== upstream) {
      return unknown(`the path says ${shown(prefix)}, and ns says ${shown(ns)}`);
    }
    // a client that was given a path with the host in it says it twice
    const [first, rest] = cut(name);
    const there = rest !== undefined && upstream.hosts.has(first) ? rest : name;
    return this.#at(upstream, there) ?? this.#noName(upstream, there);
  }

  #byPrefix(name: string, prefix: string): ResolvedName {
    const upstream = this.#byName.get(lowerCase(prefix));
    if (upstream === undefined) return unknown(`no upstream is called ${shown(prefix)} here`);
    return this.#at(upstream, name) ?? this.#noName(upstream, name);
  }

  /** Undefined for a name that says no upstream. */
  #byPath(name: string): ResolvedName | undefined {
    const [first, rest] = cut(this.#virtual.meaning(name) ?? name);
    const upstream = rest === undefined ? undefined : this.#byName.get(first);
    if (upstream === undefined || rest === undefined) return undefined;
    return this.#at(upstream, rest) ?? this.#noName(upstream, rest);
  }

  /** No repository of an upstream, and none that anybody could mean to make here: `docker push mirror/docker.io`. */
  #byHostAlone(name: string): Mirrored | undefined {
    const upstream = this.#byHost.get(name);
    const own = upstream && parseRepositoryName(upstream.name);
    return own && { kind: "mirrored", name: own, upstream: own };
  }

  /** Undefined for what can't be a repository's name. */
  #at(upstream: Upstream, there: string): Mirrored | Unknown | undefined {
    const name = parseRepositoryName(this.#spelled(upstream, there));
    if (name === undefined) return undefined;
    const [host, rest = ""] = cut(name);
    // a rule may lead to another upstream
    const target = this.#byHost.get(host) ?? upstream;
    if (!target.allows(rest)) return unknown(`${target.name} is mirrored here, and ${rest} of it is not`);
    const hint = there.startsWith("v2/") ? { hint: doubleHint } : {};
    return { kind: "mirrored", name, upstream: target.name, ...hint };
  }

  #spelled(upstream: Upstream, there: string): string {
    const spelled = repositoryOf(upstream, there);
    return this.#virtual.meaning(spelled) ?? spelled;
  }

  /** What broke the grammar, so that it is refused for that, and never taken for a name of our own. */
  #noName(upstream: Upstream, there: string): ResolvedName {
    return { kind: "local", name: this.#spelled(upstream, there) };
  }
}

const doubleHint =
  "a client's address of this mirror ends in /v2/<upstream> and the client adds another /v2: leave /v2 out of the address";

function knownOf({ name, library, aliases, allow, deny }: UpstreamSettings): Upstream {
  const [isAllowed, isDenied] = [anyGlobMatcher(allow), anyGlobMatcher(deny)];
  return {
    ...{ name, library },
    hosts: new Set([name, ...aliases]),
    allows: (there) => (allow.length === 0 || isAllowed(there)) && !isDenied(there),
  };
}

/** Hosts are the same in any case, and with the port that https has anyway. */
function hostOf(text: string): string {
  return lowerCase(text).replace(/:443$/, "");
}

/** Of ASCII alone, as DNS has it: to Unicode the sign of kelvin is a k, too, which no header could repeat. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function cut(path: string): readonly [first: string, rest: string | undefined] {
  const slash = path.indexOf("/");
  return slash === -1 ? [path, undefined] : [path.slice(0, slash), path.slice(slash + 1)];
}

function unknown(reason: string): Unknown {
  return { kind: "unknown", reason };
}

function noNamespace(ns: string): Unknown {
  return unknown(
    `ns says ${shown(ns)}, which is no upstream of this registry (if it is this registry itself, http.publicUrl has to say so)`,
  );
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
