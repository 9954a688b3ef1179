// A request as a fake upstream saw it, and the counts that tests judge by.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

export type UpstreamRoute =
  | "ping"
  | "manifestHead"
  | "manifestGet"
  | "blobHead"
  | "blobGet"
  | "tags"
  | "referrers"
  | "tokens"
  /** At the second server that redirects lead to. */
  | "stored"
  | "unknown";

export interface UpstreamRequest {
  readonly route: UpstreamRoute;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The repository, where the path has one. */
  readonly name: string;
  /** The tag or digest, where the path has one. */
  readonly reference: string;
}

const content = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/([^/]+)$/;

export function readUpstreamRequest(
  message: IncomingMessage,
  place: "registry" | "storage",
): UpstreamRequest {
  const url = new URL(message.url ?? "/", "http://upstream");
  const method = message.method ?? "GET";
  const [, name = "", kind = "", reference = ""] = content.exec(decodeURIComponent(url.pathname)) ?? [];
  const route = place === "storage" ? "stored" : routeOf(method, url.pathname, kind);
  return {
    route,
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    name,
    reference: place === "storage" ? (url.pathname.split("/").pop() ?? "") : reference,
  };
}

function routeOf(method: string, path: string, kind: string): UpstreamRoute {
  if (path === "/token") return "tokens";
  if (path === "/v2/" || path === "/v2") return "ping";
  switch (kind) {
    case "manifests":
      return method === "HEAD" ? "manifestHead" : "manifestGet";
    case "blobs":
      return method === "HEAD" ? "blobHead" : "blobGet";
    case "tags":
      return "tags";
    case "referrers":
      return "referrers";
    default:
      return "unknown";
  }
}

/** Everything that came, and how many of each route since the last {@link clear}. Requests answered by 401 count, too. */
export class UpstreamRequests {
  #all: UpstreamRequest[] = [];

  add(request: UpstreamRequest): void {
    this.#all.push(request);
  }

  get all(): readonly UpstreamRequest[] {
    return this.#all;
  }

  of(route: UpstreamRoute): readonly UpstreamRequest[] {
    return this.#all.filter((request) => request.route === route);
  }

  get manifestHead(): number {
    return this.of("manifestHead").length;
  }

  get manifestGet(): number {
    return this.of("manifestGet").length;
  }

  get blobHead(): number {
    return this.of("blobHead").length;
  }

  get blobGet(): number {
    return this.of("blobGet").length;
  }

  get tags(): number {
    return this.of("tags").length;
  }

  get referrers(): number {
    return this.of("referrers").length;
  }

  get tokens(): number {
    return this.of("tokens").length;
  }

  get stored(): number {
    return this.of("stored").length;
  }

  clear(): void {
    this.#all = [];
  }
}
