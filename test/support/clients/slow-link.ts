// A TCP link to a registry, as slow upwards as wanted: for pushes that outlast a token or a login. Of its own, because
// real clients can be slowed down nowhere else.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

export interface LinkOptions {
  /** Where it listens; the local address unless given. */
  address?: string;
  /** What each connection sends at most; no limit unless given. */
  bytesPerSecond?: number;
}

export class SlowLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;

  private constructor(server: Server, target: { host: string; port: number }, rate: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => {
      const registry = connect({ ...target, noDelay: true });
      for (const socket of [client, registry]) {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
      }
      const upwards = pipeline(client, (source: AsyncIterable<Buffer>) => slowly(source, rate), registry);
      const downwards = pipeline(registry, client);
      // What breaks off on one side breaks off on the other.
      for (const way of [upwards, downwards]) {
        way.catch(() => {
          client.destroy();
          registry.destroy();
        });
      }
    });
  }

  /** @param target as in `127.0.0.1:5000` */
  static async start(target: string, options: LinkOptions = {}): Promise<SlowLink> {
    const { address = "127.0.0.1", bytesPerSecond = Infinity } = options;
    const { hostname, port } = new URL(`tcp://${target}`);
    // Little is read ahead, so that the client feels the pace.
    const server = createServer({ allowHalfOpen: true, highWaterMark: 16 * 1024 });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, address, resolve);
    });
    return new SlowLink(server, { host: hostname, port: Number(port) }, bytesPerSecond);
  }

  /** As in an image's name. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function* slowly(source: AsyncIterable<Buffer>, bytesPerSecond: number): AsyncGenerator<Buffer> {
  for await (const part of source) {
    yield part;
    if (bytesPerSecond !== Infinity) await delay((part.length / bytesPerSecond) * 1000);
  }
}
