// What is noted of each request when its connection is done with it: one line in the log, and the same figures for the
// metrics. Apart from the middleware, since requests answered ahead of Koa are noted alike.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { withoutSecrets } from "../../auth/accounts/secrets.ts";
import type { Logger } from "../observability/logger.ts";
import type { HttpMetrics } from "../observability/metrics.ts";
import type { Origin } from "./origin.ts";

/** What is known only once the request was dealt with. */
export interface Dealt {
  readonly requestId: string;
  /** The row of the route table. */
  readonly route: string | undefined;
  readonly repository: string | undefined;
  /** Somebody in front sends the bytes. */
  readonly isOffloaded?: boolean | undefined;
}

/**
 * To be called before a request is answered; `dealt` is asked at its end.
 * @param begun when it began, in milliseconds of `performance`; now unless given
 */
export type RecordRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  dealt: () => Dealt,
  begun?: number,
) => void;

/** Longer ones are noise, or meant to fill the log. */
const maxUrlCharacters = 2048;
const maxUserAgentCharacters = 512;

/** What went over each connection up to its last finished request: the rest belongs to the next one. */
type Accounted = WeakMap<Socket, { read: number; written: number }>;

/** No status on the wire: what nginx writes for a client that left before there was an answer. */
const clientClosedRequest = 499;

export function requestRecords(logger: Logger, metrics: HttpMetrics, origin: Origin): RecordRequest {
  const accounted: Accounted = new WeakMap();
  return (request, response, dealt, begun = performance.now()) => {
    const { socket } = request;
    // Known now, and no longer when the connection is gone.
    const remote = origin.clientAddress(request);
    metrics.begin();
    const end = (): void => {
      const milliseconds = performance.now() - begun;
      const { requestId, route = "none", repository, isOffloaded = false } = dealt();
      const { method = "" } = request;
      const status = response.headersSent ? response.statusCode : clientClosedRequest;
      metrics.end({ method, route, status, seconds: milliseconds / 1000 });
      logger.info(
        {
          requestId,
          remote,
          method,
          url: withoutSecrets(request.url?.slice(0, maxUrlCharacters) ?? ""),
          ...(repository !== undefined && { repository }),
          status,
          ...(isOffloaded && { offloaded: true }),
          // The client left before it had the whole answer.
          ...(response.writableFinished ? {} : { aborted: true }),
          milliseconds: Math.round(milliseconds * 1e3) / 1e3,
          ...moved(accounted, socket),
          userAgent: request.headers["user-agent"]?.slice(0, maxUserAgentCharacters),
        },
        "request",
      );
    };
    // Who left before anybody looked at the request is noted too, with what was found out about it by then.
    if (response.closed) setImmediate(end);
    else response.once("close", end);
  };
}

function moved(accounted: Accounted, socket: Socket): { bytesIn: number; bytesOut: number } {
  const { bytesRead: read, bytesWritten: written } = socket;
  const before = accounted.get(socket) ?? { read: 0, written: 0 };
  accounted.set(socket, { read, written });
  return { bytesIn: read - before.read, bytesOut: written - before.written };
}
