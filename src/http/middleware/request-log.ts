// One line for each request, when its connection is done with it, and the same figures for the metrics.
import type { Socket } from "node:net";
import type { Middleware } from "koa";
import { withoutSecrets } from "../../../auth/accounts/secrets.ts";
import type { Logger } from "../../observability/logger.ts";
import type { HttpMetrics } from "../../observability/metrics.ts";
import type { Origin } from "../origin.ts";
import type { RequestState } from "./request-id.ts";

/** Longer ones are noise, or meant to fill the log. */
const maxUrlCharacters = 2048;
const maxUserAgentCharacters = 512;

/** What went over each connection up to its last finished request: the rest belongs to the next one. */
type Accounted = WeakMap<Socket, { read: number; written: number }>;

/** No status on the wire: what nginx writes for a client that left before there was an answer. */
const clientClosedRequest = 499;

export function requestLog(logger: Logger, metrics: HttpMetrics, origin: Origin): Middleware<RequestState> {
  const accounted: Accounted = new WeakMap();
  return async (ctx, next) => {
    const begun = process.hrtime.bigint();
    const { req, res } = ctx;
    const { socket } = req;
    // Known now, and no longer when the connection is gone.
    const remote = origin.clientAddress(req);
    metrics.begin();
    res.once("close", () => {
      const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
      const route = (ctx as { _matchedRoute?: unknown })._matchedRoute;
      const labels = { method: req.method ?? "", route: typeof route === "string" ? route : "none" };
      const status = res.headersSent ? res.statusCode : clientClosedRequest;
      metrics.end({ ...labels, status, seconds });
      logger.info(
        {
          requestId: ctx.state.requestId,
          remote,
          method: req.method,
          url: withoutSecrets(req.url?.slice(0, maxUrlCharacters) ?? ""),
          ...(ctx.state.repository !== undefined && { repository: ctx.state.repository }),
          status,
          ...(ctx.state.isOffloaded && { offloaded: true }),
          // The client left before it had the whole answer.
          ...(res.writableFinished ? {} : { aborted: true }),
          milliseconds: Math.round(seconds * 1e6) / 1e3,
          ...moved(accounted, socket),
          userAgent: req.headers["user-agent"]?.slice(0, maxUserAgentCharacters),
        },
        "request",
      );
    });
    await next();
  };
}

function moved(accounted: Accounted, socket: Socket): { bytesIn: number; bytesOut: number } {
  const { bytesRead: read, bytesWritten: written } = socket;
  const before = accounted.get(socket) ?? { read: 0, written: 0 };
  accounted.set(socket, { read, written });
  return { bytesIn: read - before.read, bytesOut: written - before.written };
}
