// A TCP link as between two continents: everything arrives late, and every connection is reset after some of what comes
// down it. Of its own, because a local network does neither.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface BadLinkOptions {
  /** Each way. */
  delayMilliseconds: number;
  /** For each connection: how much comes down before it is reset. */
  bytesUntilReset: () => number;
}

/** What is under way in one direction at most: with the delay it makes the bandwidth, as TCP's window does. */
const windowBytes = 1024 * 1024;

export class BadLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;
  #resets = 0;

  private constructor(server: Server, target: { host: string; port: number }, options: BadLinkOptions) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => {
      const registry = connect({ ...target, noDelay: true, allowHalfOpen: true });
      for (const socket of [client, registry]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.once("close", () => this.#sockets.delete(socket));
      }
      const reset = (): void => {
        if (!client.destroyed) this.#resets += 1;
        client.resetAndDestroy();
        registry.resetAndDestroy();
      };
      carry(client, registry, { ...options, bytesUntilReset: Infinity, reset });
      carry(registry, client, { ...options, bytesUntilReset: options.bytesUntilReset(), reset });
    });
  }

  /** @param target as in `127.0.0.1:5000` */
  static async start(target: string, options: BadLinkOptions): Promise<BadLink> {
    const { hostname, port } = new URL(`tcp://${target}`);
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new BadLink(server, { host: hostname, port: Number(port) }, options);
  }

  /** As in an image's name. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that were reset until now. */
  get resets(): number {
    return this.#resets;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface Way {
  readonly delayMilliseconds: number;
  readonly bytesUntilReset: number;
  readonly reset: () => void;
}

function carry(from: Socket, to: Socket, { delayMilliseconds, bytesUntilReset, reset }: Way): void {
  let underWay = 0;
  let carried = 0;
  const later = (arrive: () => void): void => void setTimeout(arrive, delayMilliseconds);
  from.on("data", (part) => {
    underWay += part.length;
    if (underWay >= windowBytes) from.pause();
    later(() => {
      carried += part.length;
      if (carried >= bytesUntilReset) return reset();
      const taken = (): void => {
        underWay -= part.length;
        if (underWay < windowBytes) from.resume();
      };
      if (to.writable) to.write(part, taken);
    });
  });
  from.on("end", () => later(() => to.end()));
  from.on("close", () => later(() => to.destroy()));
}
