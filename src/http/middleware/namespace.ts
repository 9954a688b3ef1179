// Which repository a request means, before anybody asks whether it may: what the path says, what stands before `/v2` and
// what `ns` says become one canonical name, and everything behind knows that name alone.
//
//   /k8s/v2/pause/manifests/3.9 ─▶ prefixes ─▶ router: name = pause ─▶ named: registry.k8s.io/pause ─▶ gate ─▶ handler
//
// The router has cut the path by then, so that there is one opinion about where a name ends.
import type { Context, Middleware } from "koa";
import type { Logger } from "../../observability/logger.ts";
import { OciError } from "../../oci/oci-error.ts";
import { parseRepositoryName, type RepositoryName } from "../../oci/repository-name.ts";
import type { NamespaceResolver, SpelledName } from "../../registry/namespace-resolver.ts";
import { queryValue, type PathParameters } from "../parameters.ts";
import type { RequestState } from "./request-id.ts";

export interface NamespaceParts {
  readonly namespaces: NamespaceResolver;
  readonly logger: Logger;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
}

/** `/<prefix>/v2/<name>/…`: what docker 24 and later make of a mirror whose address has a path. */
const prefixed = /^\/([^/]+)(\/v2\/[^_].*)$/s;
/** `/<prefix>/v2/`, and `/v2/<prefix>/v2/` of a mirror whose address has a `/v2` of its own. */
const prefixedPing = /^(?:\/v2)?\/([^/]+)\/v2\/?$/;

const hintEveryMilliseconds = 60_000;

export class Namespace {
  readonly #parts: NamespaceParts;
  /** When a hint was last given, by upstream: there are as many as are configured. */
  readonly #hintedAt = new Map<string, number>();

  constructor(parts: NamespaceParts) {
    this.#parts = parts;
  }

  /**
   * Comes before the router and takes away what stands before `/v2`; the request's own address stays as it is.
   * @throws OciError upstreamUnknown for a ping under a prefix that nobody configured
   */
  readonly prefixes: Middleware<RequestState> = async (ctx, next) => {
    const [, pinged] = prefixedPing.exec(ctx.path) ?? [];
    const [, prefix, rest = "/v2/"] = prefixed.exec(ctx.path) ?? [];
    if (pinged !== undefined && pinged !== "v2") {
      if (!this.#parts.namespaces.reserved.has(pinged.toLowerCase())) throw noSuchPrefix(pinged);
      route(ctx, "/v2/");
    } else if (prefix !== undefined && prefix !== "v2") {
      ctx.state.prefix = prefix;
      route(ctx, rest);
    }
    await next();
  };

  /**
   * The parameters of a path with the canonical name in place of the one that is written there; what is no repository's
   * name is left for the handler to refuse.
   * @throws OciError upstreamUnknown, mirrorReadOnly
   */
  async named(ctx: Context, path: PathParameters, purpose: SpelledName["purpose"]): Promise<PathParameters> {
    const state = ctx.state as RequestState;
    const ns = queryValue(ctx, "ns") || undefined;
    const { namespaces } = this.#parts;
    const resolved = await namespaces.resolve({
      name: path["name"] ?? "",
      prefix: state.prefix,
      ns,
      purpose,
    });
    if (resolved.kind === "unknown") {
      throw new OciError("upstreamUnknown", { detail: { reason: resolved.reason } });
    }
    state.repository = parseRepositoryName(resolved.name);
    if (resolved.kind === "mirrored") {
      const { upstream, hint } = resolved;
      if (hint !== undefined) this.#tell(upstream, hint);
      if (purpose === "change") throw readOnly(upstream);
      // the answer to whoever sends `ns` (distribution-spec, "Registry Proxying")
      if (ns !== undefined) ctx.set("oci-namespace", ns);
    }
    return { ...path, name: resolved.name };
  }

  /** The repository that a mount names as its source; undefined when there can't be such a one. */
  async sourceOf(from: string): Promise<RepositoryName | undefined> {
    const resolved = await this.#parts.namespaces.resolve({ name: from, purpose: "pull" });
    return resolved.kind === "unknown" ? undefined : parseRepositoryName(resolved.name);
  }

  #tell(upstream: string, hint: string): void {
    const now = this.#parts.clock();
    if (now - (this.#hintedAt.get(upstream) ?? Number.NEGATIVE_INFINITY) < hintEveryMilliseconds) return;
    this.#hintedAt.set(upstream, now);
    this.#parts.logger.info({ upstream }, hint);
  }
}

/** What the router looks at in place of `ctx.path`, whose setter would change the request. */
function route(ctx: object, path: string): void {
  Object.assign(ctx, { newRouterPath: path });
}

function noSuchPrefix(prefix: string): OciError {
  const reason = `no upstream is called ${prefix.slice(0, 100)} here`;
  return new OciError("upstreamUnknown", { detail: { reason } });
}

function readOnly(upstream: string): OciError {
  return new OciError("mirrorReadOnly", {
    detail: { reason: `what begins with ${upstream}/ mirrors ${upstream}`, upstream },
    headers: { allow: "GET, HEAD" },
  });
}
