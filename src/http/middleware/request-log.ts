// One line for each request, when its connection is done with it, and the same figures for the metrics.
import type { Middleware } from "koa";
import type { Logger } from "../../observability/logger.ts";
import type { HttpMetrics } from "../../observability/metrics.ts";
import type { RequestState } from "./request-id.ts";

export function requestLog(logger: Logger, metrics: HttpMetrics): Middleware<RequestState> {
  return async (ctx, next) => {
    const begun = process.hrtime.bigint();
    const { req, res } = ctx;
    const socket = req.socket;
    const readBefore = socket.bytesRead;
    const writtenBefore = socket.bytesWritten;
    metrics.begin();
    res.once("close", () => {
      const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
      const route = (ctx as { routerPath?: string; _matchedRoute?: unknown })._matchedRoute;
      metrics.end({
        method: req.method ?? "",
        route: typeof route === "string" ? route : "none",
        status: res.statusCode,
        seconds,
      });
      logger.info(
        {
          requestId: ctx.state.requestId,
          remote: socket.remoteAddress,
          method: req.method,
          url: req.url,
          status: res.statusCode,
          // The client left before it had the whole answer.
          ...(res.writableFinished ? {} : { aborted: true }),
          milliseconds: Math.round(seconds * 1e6) / 1e3,
          bytesIn: socket.bytesRead - readBefore,
          bytesOut: socket.bytesWritten - writtenBefore,
          userAgent: req.headers["user-agent"],
        },
        "request",
      );
    });
    await next();
  };
}
