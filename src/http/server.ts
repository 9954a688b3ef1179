// The listening server around the application: limits that count silence rather than time, and a way out that lets
// running transfers finish.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions as NodeServerOptions,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Logger } from "../observability/logger.ts";
import { OciError } from "../oci/oci-error.ts";
import { closeInTime } from "./lingering-close.ts";
import { awaitsHandshake, placeTlsDoor, type TlsDoorOptions } from "./tls/tls-door.ts";
import { refuseUnparsable } from "./unparsable-request.ts";
import { WorkInHand } from "./work-in-hand.ts";

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
  /** With one the port speaks HTTPS alone. */
  readonly certificate?: TlsDoorOptions["certificate"] | undefined;
}

export interface RunningServer {
  readonly url: string;
  /** Whether `close` was called: requests are still served, and each one's connection closed after it. */
  readonly draining: () => boolean;
  close(): Promise<void>;
}

/** Resolves when the request was dealt with, also when its connection is long gone. */
type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** @throws the system's error (EADDRINUSE, EACCES …) when the address can't be had */
export async function listen(
  handle: Listener,
  options: ServerOptions,
  logger: Logger,
): Promise<RunningServer> {
  const work = new WorkInHand();
  let draining = false;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const fault = faultOf(request, options);
    if (fault !== undefined) {
      request.resume();
      return refuse(fault, request.socket);
    }
    closeInTime(request, response, () => draining);
    // Silence that is ours to end does not count.
    response.on("timeout", () => {
      if (isClientsTurn(request, response)) request.socket.destroy();
      else request.socket.setTimeout(server.timeout);
    });
    work.add(request.socket, response, handle(request, response));
    // An answer that began before draining kept its connection open for more.
    response.once("close", () => draining && server.closeIdleConnections());
  };
  const refuse = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (socket.writable && !work.isAnswering(socket) && !awaitsHandshake(socket))
      refuseUnparsable(error, socket, logger);
    else socket.destroy();
  };
  const server = createServer(limits(options), serve);
  server.timeout = options.inactivitySeconds * 1000;
  // Without a listener node would tell the client to go on before anybody has looked at its request.
  server.on("checkContinue", serve);
  // Whatever else a client expects is none of our business (RFC 9110 §10.1.1 lets a server ignore it).
  server.on("checkExpectation", serve);
  server.on("clientError", refuse);
  const { certificate, headersSeconds, inactivitySeconds } = options;
  const firstByteSeconds = Math.min(headersSeconds, inactivitySeconds);
  if (certificate) placeTlsDoor(server, { certificate, firstByteSeconds }, logger);
  const connections = connectionsOf(server);
  await bind(server, options);
  return {
    url: urlOf(certificate ? "https" : "http", server.address() as AddressInfo),
    draining: () => draining,
    close: async () => {
      draining = true;
      await drain(server, connections, options.drainSeconds, logger);
      // A cut upload still has to write down what it received.
      await work.done();
    },
  };
}

/** What is wrong with a request before anybody looks at what it asks for. */
function faultOf(
  { socket, httpVersion, headers }: IncomingMessage,
  { certificate }: ServerOptions,
): Error | undefined {
  if (certificate && !(socket instanceof TLSSocket)) return new OciError("tlsRequired");
  // RFC 9112 §3.2 wants 400, which node would give without a body.
  return httpVersion === "1.1" && headers.host === undefined ? new Error("no Host header") : undefined;
}

/**
 * Whether the next byte is the client's: of a body that we have read as far as it came, or of an answer that it has not
 * taken yet. Otherwise a store is being waited for, which has limits of its own.
 */
function isClientsTurn(request: IncomingMessage, response: ServerResponse): boolean {
  if (response.headersSent || response.writableLength > 0) return true;
  return !request.complete && request.readableLength === 0;
}

/** All that are open. With TLS a connection is two sockets, one around the other. */
function connectionsOf(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  return connections;
}

function limits({ headersSeconds, keepAliveSeconds }: ServerOptions): NodeServerOptions {
  return {
    // Node's default of 300 s counts the whole request and cuts long uploads (REQ-62).
    requestTimeout: 0,
    headersTimeout: headersSeconds * 1000,
    connectionsCheckingInterval: Math.min(30_000, headersSeconds * 500),
    keepAliveTimeout: keepAliveSeconds * 1000,
    // Tokens with many scopes are long.
    maxHeaderSize: 64 * 1024,
    requireHostHeader: false,
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

function urlOf(scheme: "http" | "https", { address, family, port }: AddressInfo): string {
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/** Node closes idle connections by itself here; those in use get their time, and are cut after it. */
function drain(
  server: Server,
  connections: ReadonlySet<Socket>,
  drainSeconds: number,
  logger: Logger,
): Promise<void> {
  return new Promise((resolve) => {
    // Load balancers open some in advance, which node takes for busy. What was sent on them already is read first.
    const hangUp = setTimeout(() => {
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    }, 100);
    const cut = setTimeout(() => {
      logger.warn({ drainSeconds }, "transfers still running after the drain time are cut");
      for (const socket of connections) socket.destroy();
    }, drainSeconds * 1000);
    server.close(() => {
      clearTimeout(hangUp);
      clearTimeout(cut);
      resolve();
    });
  });
}
