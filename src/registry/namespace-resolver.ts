// From what a client wrote to the one name of a repository, before anybody asks what may be done with it: challenge,
// decision, links, cache and log speak of that name alone. Here, because HTTP asks and the mirror answers.
import type { RepositoryName } from "../oci/repository-name.ts";

/** The name as a request spells it. */
export interface SpelledName {
  /** What stands between `/v2/` and `/manifests/`, `/blobs/` …, decoded, not yet checked. */
  readonly name: string;
  /** What stands before `/v2/`: `/k8s/v2/pause/…` (docker 24 and later take such a path). */
  readonly prefix?: string | undefined;
  /** containerd's query parameter: the host that the image is of (peers.md 4.0.8). */
  readonly ns?: string | undefined;
  /**
   * What is wanted: un-prefixed names are pulled from the default upstream when there is no local repository of that
   * name; all else that is un-prefixed is local. `look` is a HEAD of a blob, by which clients find out what they need
   * not push: it is never answered for another repository than the one that they push to.
   */
  readonly purpose: "pull" | "look" | "change";
}

export type ResolvedName =
  /** A repository of our own, or a name that is none. */
  | { readonly kind: "local"; readonly name: string }
  | {
      readonly kind: "mirrored";
      /** `<upstream>/<repository>`, such as docker.io/library/alpine. */
      readonly name: RepositoryName;
      /** The upstream's own name, such as docker.io: the project that the name lies in. */
      readonly upstream: string;
      /** A way of writing it that works, but is nobody's intention; for the log. */
      readonly hint?: string | undefined;
    }
  /** `ns` or a prefix that nobody configured, or a pattern that is denied: 404 at once (REQ-48), never a dial target. */
  | { readonly kind: "unknown"; readonly reason: string };

export interface NamespaceResolver {
  resolve(spelled: SpelledName): Promise<ResolvedName>;
  /** Names that nobody may have as a project of their own: upstreams, their aliases and prefixes. */
  readonly reserved: ReadonlySet<string>;
}

/** Without a mirror every name means itself; whoever says `ns` or a prefix means a registry that is not here. */
export const onlyLocalNames: NamespaceResolver = {
  resolve: async ({ name, prefix, ns }) =>
    prefix === undefined && ns === undefined
      ? { kind: "local", name }
      : { kind: "unknown", reason: "this registry mirrors no other one" },
  reserved: new Set(),
};
