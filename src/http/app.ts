// The application, without a server around it. The order of the middleware is its documentation:
//
//   request id → log → errors → health → (route: right → handler)
import Koa from "koa";
import type { Authorizer } from "../../auth/authorizer.ts";
import type { Logger } from "../observability/logger.ts";
import type { HttpMetrics } from "../observability/metrics.ts";
import type { Registry } from "../registry/registry.ts";
import type { HandlerParts } from "./distribution/handler.ts";
import { healthRoutes, type Health } from "./health.ts";
import { locateUnder } from "./location.ts";
import { authorizeWith } from "./middleware/authorize.ts";
import { errorResponse } from "./middleware/error-response.ts";
import { requestId, type RequestState } from "./middleware/request-id.ts";
import { requestLog } from "./middleware/request-log.ts";
import type { Origin } from "./origin.ts";
import { distributionRoutes } from "./routes.ts";

export interface AppParts {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly health: Health;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly origin: Origin;
  readonly publicUrl: string | undefined;
  readonly maxManifestBytes: number;
}

export function createApp(parts: AppParts): Koa<RequestState> {
  const { registry, authorizer, health, logger, metrics, origin, publicUrl, maxManifestBytes } = parts;
  const app = new Koa<RequestState>();
  app.use(requestId);
  app.use(requestLog(logger, metrics, origin));
  app.use(errorResponse(logger));
  app.use(healthRoutes(health));
  const { require, may } = authorizeWith(authorizer);
  const locate = locateUnder(publicUrl);
  // Everybody is the same and sees everything.
  const caller: Pick<HandlerParts, "owner" | "visibleTo" | "mayPull"> = {
    owner: () => "anonymous",
    visibleTo: async () => ({ kind: "all" }),
    mayPull: (_, name) => may({ kind: "repository", name, action: "pull" }),
  };
  for (const middleware of distributionRoutes({ registry, locate, maxManifestBytes, ...caller }, require))
    app.use(middleware);
  // Errors are written above; what reaches Koa's own hook is a client that left.
  app.on("error", (error: unknown) => logger.debug({ err: error }, "connection ended early"));
  return app;
}
