// One listening server that can vanish with all its connections, and come back on the same port.
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export class ListeningPlace {
  readonly #makeServer: () => Server;
  readonly #hostname: string;
  readonly #isBroken: () => boolean;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  /** @param isBroken asked for each connection; a broken one is reset at once */
  constructor(
    hostname: string,
    tls: ServerOptions | undefined,
    listener: RequestListener,
    isBroken: () => boolean,
  ) {
    this.#hostname = hostname;
    this.#isBroken = isBroken;
    this.#makeServer = () => (tls ? createHttpsServer(tls, listener) : createHttpServer(listener));
  }

  /** Such as 127.0.0.1:40123. */
  get host(): string {
    return `${this.#hostname}:${this.#port}`;
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#sockets.size;
  }

  async open(): Promise<void> {
    const server = this.#makeServer();
    server.keepAliveTimeout = 30_000;
    server.requestTimeout = 0;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", () => undefined);
      if (this.#isBroken()) socket.resetAndDestroy();
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#hostname, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
