// One id for a request, on its response, its log line and its error body.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Middleware } from "koa";

/** An id from a proxy in front is kept when it cannot disturb a log. */
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** docker's manifest command looks for it on every answer, errors included (docker/cli#989). */
export const apiVersion = ["docker-distribution-api-version", "registry/2.0"] as const;

export interface RequestState {
  requestId: string;
  /** What stands before `/v2` in the request's path. */
  prefix?: string | undefined;
  /** Canonical name of the repository that the request is about, once that is known. */
  repository?: string | undefined;
  /** The body is sent by the server in front, and not among our bytes. */
  isOffloaded?: boolean;
}

export const requestId: Middleware<RequestState> = async (ctx, next) => {
  ctx.state.requestId = requestIdOf(ctx.req);
  ctx.set("x-request-id", ctx.state.requestId);
  ctx.set(...apiVersion);
  await next();
};

/** The one that the request brings along, or a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const offered = headers["x-request-id"];
  return typeof offered === "string" && acceptable.test(offered) ? offered : randomUUID();
}
