// The table: which address, which right, which handler. Rows follow the spec's table of endpoints.
import Router from "@koa/router";
import type { Middleware } from "koa";
import type { Access, RepositoryAction } from "../../auth/access.ts";
import type { SpelledName } from "../registry/namespace-resolver.ts";
import type { Registry } from "../registry/registry.ts";
import { blobHandlers } from "./distribution/blobs.ts";
import { discoverExtensions, ping } from "./distribution/discovery.ts";
import type { Handler, HandlerParts } from "./distribution/handler.ts";
import { listCatalog, listTags } from "./distribution/listings.ts";
import { manifestHandlers } from "./distribution/manifests.ts";
import { listReferrers } from "./distribution/referrers.ts";
import { uploadHandlers } from "./distribution/uploads.ts";
import { repositoryIn, type PathParameters } from "./parameters.ts";
import { refuseUnrouted } from "./refuse-unrouted.ts";

type Method = "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
type Route = readonly [methods: readonly Method[], path: string, needs: Need, handler: Handler];

/** The right that a request needs; a session has to be the caller's own besides. */
interface Need {
  readonly access: (path: PathParameters) => Access;
  /** What the repository in the path is wanted for; undefined where the path names none. */
  readonly purpose?: SpelledName["purpose"];
  readonly session?: true;
}

export const manifestRoute = "/v2/*name/manifests/:reference";
export const blobRoute = "/v2/*name/blobs/:digest";

function routeTable(parts: HandlerParts): readonly Route[] {
  const manifests = manifestHandlers(parts);
  const blobs = blobHandlers(parts);
  const uploads = uploadHandlers(parts);
  return [
    // end-1. `GET /v2` without the slash is what some clients begin with.
    [["GET", "HEAD"], "/v2", registry, ping],
    [["GET", "HEAD"], "/v2/", registry, ping],
    [["GET", "HEAD"], "/v2/_catalog", catalog, listCatalog(parts)],
    [["GET", "HEAD"], "/v2/_oci/ext/discover", registry, discoverExtensions],
    // end-3, end-7, end-9
    [["GET", "HEAD"], manifestRoute, repository("pull"), manifests.get],
    [["PUT"], manifestRoute, repository("push"), manifests.put],
    [["DELETE"], manifestRoute, repository("delete"), manifests.delete],
    // end-4, end-11; proxies are known to drop the trailing slash (REQ-10)
    [["POST"], "/v2/*name/blobs/uploads", repository("push"), uploads.post],
    [["POST"], "/v2/*name/blobs/uploads/", repository("push"), uploads.post],
    // end-5, end-6, end-13, end-14
    [["GET", "HEAD"], "/v2/*name/blobs/uploads/:id", session, uploads.get],
    [["PATCH"], "/v2/*name/blobs/uploads/:id", session, uploads.patch],
    [["PUT"], "/v2/*name/blobs/uploads/:id", session, uploads.put],
    [["DELETE"], "/v2/*name/blobs/uploads/:id", session, uploads.delete],
    // end-2, end-10
    [["HEAD"], blobRoute, look, blobs.head],
    [["GET"], blobRoute, repository("pull"), blobs.get],
    [["DELETE"], blobRoute, repository("delete"), blobs.delete],
    // end-8, end-12
    [["GET", "HEAD"], "/v2/*name/tags/list", repository("pull"), listTags(parts)],
    [["GET", "HEAD"], "/v2/*name/referrers/:digest", repository("pull"), listReferrers(parts)],
  ];
}

const registry: Need = { access: () => ({ kind: "registry" }) };
const catalog: Need = { access: () => ({ kind: "catalog" }) };
const repository = (action: RepositoryAction): Need => ({
  access: (path) => ({ kind: "repository", name: repositoryIn(path), action }),
  purpose: action === "pull" ? "pull" : "change",
});
/** HEAD of a blob: whoever pushes asks so what need not be sent. */
const look: Need = { ...repository("pull"), purpose: "look" };
const session: Need = { ...repository("push"), session: true };

/** The routes of `/v2`, and the two refusals for what no row has: 405 where the address exists, else 404. */
export function distributionRoutes(parts: HandlerParts): Middleware[] {
  const { gate, registry, namespace } = parts;
  const router = new Router({ strict: true, sensitive: true });
  for (const [methods, path, needs, handler] of routeTable(parts)) {
    router.register(path, [...methods], async (ctx) => {
      const written = ctx.params as PathParameters;
      const { purpose } = needs;
      const parameters = purpose === undefined ? written : await namespace.named(ctx, written, purpose);
      const access = needs.access(parameters);
      if (needs.session) await gate.admitToSession(ctx, access, () => ownerOfSession(registry, parameters));
      else await gate.admit(ctx, access);
      await handler(ctx, parameters);
    });
  }
  return [router.routes() as unknown as Middleware, refuseUnrouted];
}

async function ownerOfSession(registry: Registry, path: PathParameters): Promise<string | undefined> {
  const upload = await registry.uploads.find(repositoryIn(path), path["id"] ?? "");
  return upload?.owner;
}
