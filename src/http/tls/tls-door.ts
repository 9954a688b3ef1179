// TLS in front of the HTTP server, connection by connection: the first byte tells it from plain HTTP. The server is the
// same either way, so that its limits, its drain and its answers are, too.
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket, type SecureContext } from "node:tls";
import type { Logger } from "../../observability/logger.ts";

export interface TlsDoorOptions {
  /** Asked for each connection anew. */
  readonly certificate: { readonly context: SecureContext };
  /** How long a connection may take to send its first byte. */
  readonly firstByteSeconds: number;
}

/** The first byte of a TLS record with a handshake in it, and of no HTTP request (RFC 8446 §5.1). */
const handshake = 0x16;

/**
 * Takes the connections before `server` sees them, and hands each on as it is to be read. Those that began without TLS
 * come as they are: whoever handles requests tells them by their socket.
 */
export function placeTlsDoor(server: Server, options: TlsDoorOptions, logger: Logger): void {
  const admit = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const enter = (): void => admit.forEach((listener) => void Reflect.apply(listener, server, [socket]));
    if (socket instanceof TLSSocket) enter();
    else {
      onFirstByte(socket, options.firstByteSeconds, (byte) => {
        if (byte === handshake)
          server.emit("connection", secured(socket, options.certificate.context, logger));
        else enter();
      });
    }
  });
}

/** Whether the connection is not secured yet: nobody is there who could read an answer. */
export function awaitsHandshake(socket: Duplex): boolean {
  return socket instanceof TLSSocket && socket.bytesRead === 0;
}

function onFirstByte(socket: Socket, seconds: number, take: (byte: number) => void): void {
  const cut = (): void => void socket.destroy();
  // An error closes the socket, and that is all there is to do.
  socket.on("error", () => undefined);
  socket.setTimeout(seconds * 1000, cut);
  socket.once("readable", () => {
    const first = socket.read(1) as Buffer | null;
    // The client left without a word.
    if (first?.[0] === undefined) return cut();
    socket.setTimeout(0).off("timeout", cut);
    socket.unshift(first);
    take(first[0]);
  });
}

/** The HTTP server's own limits hold from here on: a handshake counts as part of the first request's headers. */
function secured(socket: Socket, secureContext: SecureContext, logger: Logger): TLSSocket {
  const remote = socket.remoteAddress;
  const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] });
  secure.on("error", (error: NodeJS.ErrnoException) => {
    // A client that does not trust the certificate shows here, and nowhere else.
    if (awaitsHandshake(secure))
      logger.info({ remote, reason: error.code ?? error.message }, "no TLS handshake");
  });
  return secure;
}
