// The application, without a server around it. The order of the middleware is its documentation:
//
//   hot routes? → request id → log → errors → health → tokens, admin API → prefixes → (route of /v2: name → gate → handler)
import type { IncomingMessage, ServerResponse } from "node:http";
import Koa, { type Context, type Middleware } from "koa";
import type { Logger } from "../observability/logger.ts";
import type { HttpMetrics } from "../observability/metrics.ts";
import { onlyLocalNames, type NamespaceResolver } from "../registry/namespace-resolver.ts";
import type { Registry } from "../registry/registry.ts";
import { offloadToNginx, type Offload } from "./distribution/offload.ts";
import { healthRoutes, type Health } from "./health.ts";
import { hotRoutes } from "./hot-routes.ts";
import { locateUnder } from "./location.ts";
import { errorResponse } from "./middleware/error-response.ts";
import type { Gate } from "./middleware/gate.ts";
import { Namespace } from "./middleware/namespace.ts";
import { requestId, type RequestState } from "./middleware/request-id.ts";
import { requestLog } from "./middleware/request-log.ts";
import type { Origin } from "./origin.ts";
import { requestRecords, type RecordRequest } from "./request-records.ts";
import { distributionRoutes } from "./routes.ts";

export interface AppParts {
  readonly registry: Registry;
  readonly gate: Gate;
  /** What requests call repositories; every name means itself unless given. */
  readonly namespaces?: NamespaceResolver | undefined;
  /** What a mode has besides `/v2`: the token server, the admin API. */
  readonly before?: readonly Middleware[];
  readonly health: Health;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly origin: Origin;
  readonly publicUrl: string | undefined;
  readonly maxManifestBytes: number;
  /** Whether clients at this address fetch blobs from the blob store itself; none unless given. */
  readonly redirects?: ((address: string) => boolean) | undefined;
  /** The server in front that sends large blobs itself; none unless given. */
  readonly offload?: "nginx" | undefined;
}

/** Answers a request; resolves when it was dealt with. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Koa, and ahead of it the few answers that need none of it. */
export function createListener(parts: AppParts): Listener {
  const { namespaces = onlyLocalNames, redirects, logger, metrics, origin } = parts;
  const record = requestRecords(logger, metrics, origin);
  const koa = createApp(parts, record).callback();
  const hot = hotRoutes({ ...parts, namespaces, record, blobs: redirects === undefined });
  return async (request, response) => {
    if (!(await hot(request, response))) await koa(request, response);
  };
}

function createApp(parts: AppParts, record: RecordRequest): Koa<RequestState> {
  const { registry, gate, before = [], health, logger, origin, publicUrl, maxManifestBytes } = parts;
  const app = new Koa<RequestState>();
  app.use(requestId);
  app.use(requestLog(record));
  app.use(errorResponse(logger));
  app.use(healthRoutes(health));
  for (const middleware of before) app.use(middleware);
  const locate = locateUnder(publicUrl);
  const redirects = (ctx: Context) => parts.redirects?.(origin.clientAddress(ctx.req)) ?? false;
  const { namespaces = onlyLocalNames } = parts;
  const namespace = new Namespace({ namespaces, logger, clock: () => performance.now() });
  app.use(namespace.prefixes);
  const offload = parts.offload === undefined ? noOffload : offloadToNginx({ origin, logger });
  const handlerParts = { registry, gate, namespace, locate, maxManifestBytes, redirects, offload };
  for (const middleware of distributionRoutes(handlerParts)) app.use(middleware);
  // Errors are written above; what reaches Koa's own hook is a client that left.
  app.on("error", (error: unknown) => logger.debug({ err: error }, "connection ended early"));
  return app;
}

const noOffload: Offload = async () => false;
