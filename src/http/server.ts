// The listening server around the application: limits that count silence rather than time, and a way out that lets
// running transfers finish.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Logger } from "../observability/logger.ts";
import { OciError, type OciErrorKind } from "../oci/oci-error.ts";
import { errorBody } from "./middleware/error-response.ts";
import { holdContinue } from "./request-body.ts";

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** A connection on which nothing moves for so long is cut; a slow transfer never is. */
  readonly inactivitySeconds: number;
  /** A request's headers must be complete within this. */
  readonly headersSeconds: number;
  /** An idle connection is kept for so long: longer than load balancers keep theirs. */
  readonly keepAliveSeconds: number;
  /** What running transfers get to finish once `close` was called. */
  readonly drainSeconds: number;
}

export interface RunningServer {
  readonly url: string;
  /** Whether `close` was called: requests are still served, each with `Connection: close`. */
  readonly draining: () => boolean;
  close(): Promise<void>;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** @throws the system's error (EADDRINUSE, EACCES …) when the address can't be had */
export async function listen(
  handle: Listener,
  options: ServerOptions,
  logger: Logger,
): Promise<RunningServer> {
  let draining = false;
  const serve: Listener = (request, response) => {
    if (draining) response.setHeader("connection", "close");
    handle(request, response);
  };
  const server = createServer(
    {
      // Node's default of 300 s counts the whole request and cuts long uploads (REQ-62).
      requestTimeout: 0,
      headersTimeout: options.headersSeconds * 1000,
      connectionsCheckingInterval: Math.min(30_000, options.headersSeconds * 500),
      keepAliveTimeout: options.keepAliveSeconds * 1000,
      // Tokens with many scopes are long.
      maxHeaderSize: 64 * 1024,
    },
    serve,
  );
  server.timeout = options.inactivitySeconds * 1000;
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    holdContinue(request);
    serve(request, response);
  });
  server.on("clientError", answerUnparsable);
  await bind(server, options);
  return {
    url: urlOf(server.address() as AddressInfo),
    draining: () => draining,
    close: async () => {
      draining = true;
      await drain(server, options.drainSeconds, logger);
    },
  };
}

function bind(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/** Node closes idle connections by itself here; those in use get their time, and are cut after it. */
function drain(server: Server, drainSeconds: number, logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      logger.warn({ drainSeconds }, "transfers still running after the drain time are cut");
      server.closeAllConnections();
    }, drainSeconds * 1000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}

/** What is not HTTP, or too slow, or too long in its headers: no request exists, but the answer has the usual shape. */
function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [status, kind]: [string, OciErrorKind] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? ["431 Request Header Fields Too Large", "requestInvalid"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? ["408 Request Timeout", "requestInvalid"]
        : ["400 Bad Request", "requestInvalid"];
  const body = JSON.stringify(
    errorBody(new OciError(kind, { detail: { reason: error.code ?? error.message } }), "none"),
  );
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
