// What the configuration says of upstreams, resolved: no defaults are left open, no path is relative.
import type { RemoteOptions } from "../remote/remote-options.ts";

/** One place to fetch from: the upstream itself, an own relay, a vendor's mirror. */
export interface SourceSettings {
  readonly remote: RemoteOptions;
  /**
   * Whether its word counts for what a tag means. Content by digest may come from anywhere: it is verified.
   */
  readonly trusted: boolean;
  /**
   * Tried in order on `name:tag` or `name@digest` (`from` is a regular expression over the whole of the name, with
   * `:tag` where it has a colon; `to` may use $1 …). The first that fits counts; none fits → the name as it is.
   *   coredns/coredns:v(.*) → google_containers/coredns:$1
   *   (.*)                  → google_containers/$1
   */
  readonly rewrite: readonly { readonly from: string; readonly to: string }[];
}

/** `pattern` is a glob over `name:tag`, or over the tag alone where it has no colon and no slash; first match counts. */
export interface TtlRule {
  readonly pattern: string;
  readonly seconds: number;
}

export interface UpstreamSettings {
  /** Its host and its name here, such as docker.io: the first component of repositories mirrored from it, and a project. */
  readonly name: string;
  /** Other hosts that mean the same (`ns`, path): index.docker.io; k8s.gcr.io for registry.k8s.io. May have a port. */
  readonly aliases: readonly string[];
  /** Short names for paths: /k8s/v2/pause/…, /v2/k8s/pause/…  */
  readonly prefixes: readonly string[];
  /** In the order in which they are asked. */
  readonly sources: readonly SourceSettings[];
  /** Whether a name of a single component means library/<name> (docker.io). */
  readonly library: boolean;
  /** Globs over the name, without the host: `*` stays within a component, `**` does not. Empty `allow`: everything. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** Whether anybody may pull what is mirrored from here (REQ-42). */
  readonly anonymous: boolean;
  readonly tagTtl: readonly TtlRule[];
  /** For tags that no rule of `tagTtl` fits. 0: ask each time. */
  readonly tagTtlSeconds: number;
  /** What a 404 for a cached tag does: go on serving it, or forget it. */
  readonly onDeletion: "keep" | "follow";
}

export interface MirrorSettings {
  readonly upstreams: readonly UpstreamSettings[];
  /** Name of the upstream that un-prefixed pulls go to (docker's registry-mirrors). */
  readonly default: string | undefined;
  /**
   * Repositories under other names: `from` is a local path with one trailing `/*` or none, `to` begins with an
   * upstream's name: google_containers/* → registry.k8s.io/* (REQ-64). Looked at before anything local, those for single
   * names first. No `to` is a `from`, and a `from` that begins with an upstream's name has no `/*`.
   */
  readonly virtual: readonly { readonly from: string; readonly to: string }[];
  /** One revalidation may take so long; then what is cached is served. */
  readonly checkSeconds: number;
  /** After a failed one, or a 404, nobody asks again for so long. */
  readonly backoffSeconds: number;
  readonly negativeSeconds: number;
  /** Of what the upstream says is left of its limit (RateLimit-Remaining), this much is not spent on revalidation. */
  readonly rateLimitReserve: number;
  readonly maxManifestBytes: number;
  /** Of all that is cached; undefined: no limit. */
  readonly maxBytes: number | undefined;
  /** When maxBytes is passed, what was pulled least recently goes until this share of it is left. */
  readonly lowWater: number;
  /** What nobody pulled for so long goes; undefined: never. */
  readonly idleSeconds: number | undefined;
  /** Globs over `<upstream>/<name>:<tag>` that stay. */
  readonly pins: readonly string[];
  /** With less room than this in the data directory, content passes through and is not kept. */
  readonly minFreeBytes: number;
  /** A fill goes on when the client that began it left. */
  readonly finishAbandoned: boolean;
  /** Directory of the spool files of running downloads. */
  readonly spoolDirectory: string;
}

/**
 * The repository that an upstream's name is mirrored as, its grammar not yet checked. `library/` is filled in; `v2/` at the
 * beginning is a client's address written twice, and never meant.
 */
export function repositoryOf(
  { name: upstream, library }: Pick<UpstreamSettings, "name" | "library">,
  name: string,
): string {
  const meant = name.replace(/^(?:v2\/)+(?=.)/, "");
  return `${upstream}/${library && !meant.includes("/") ? "library/" : ""}${meant}`;
}

/** First segments of names that lead to an upstream, so that no project of our own can have them. */
export function reservedNames({
  upstreams,
  virtual,
}: Pick<MirrorSettings, "upstreams" | "virtual">): ReadonlySet<string> {
  return new Set([
    ...upstreams.flatMap(({ name, aliases, prefixes }) => [name, ...aliases, ...prefixes]),
    ...virtual.flatMap(({ from }) => (/^[^/]+\/\*$/.test(from) ? [from.slice(0, -2)] : [])),
  ]);
}
