// Notes each request that Koa deals with: see request-records.ts.
import type { Middleware } from "koa";
import type { RecordRequest } from "../request-records.ts";
import type { RequestState } from "./request-id.ts";

export function requestLog(record: RecordRequest): Middleware<RequestState> {
  return async (ctx, next) => {
    const { req, res, state } = ctx;
    record(req, res, () => {
      const route = (ctx as { _matchedRoute?: unknown })._matchedRoute;
      const { requestId, repository, isOffloaded } = state;
      return { requestId, repository, isOffloaded, route: typeof route === "string" ? route : undefined };
    });
    await next();
  };
}
