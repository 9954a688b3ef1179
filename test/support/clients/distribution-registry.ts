// CNCF Distribution with `auth.token`, as its operators configure it. Of its own, because what Berth promises them is to be
// a replacement: the same settings are given to both.
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Daemon } from "./daemon.ts";
import { installedClient } from "./installed-client.ts";
import { RegistryHttp } from "./registry-http.ts";
import { createScratchFolder, removeScratchFolder } from "./scratch-folder.ts";

const program = "docker-registry";

export const distribution = installedClient("CNCF Distribution", program);

export interface TokenSettings {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** Path of a PEM file. */
  readonly rootCertBundle: string;
}

export class DistributionRegistry {
  readonly host: string;
  readonly http: RegistryHttp;
  readonly #folder: string;
  readonly #daemon: Daemon;

  private constructor(host: string, folder: string, daemon: Daemon) {
    this.host = host;
    this.http = new RegistryHttp(`http://${host}`);
    this.#folder = folder;
    this.#daemon = daemon;
  }

  static async start(settings: TokenSettings): Promise<DistributionRegistry> {
    const [folder, host] = [await createScratchFolder(), `127.0.0.1:${await freePort()}`];
    const file = join(folder, "config.json");
    await writeFile(file, JSON.stringify(configuration(folder, host, settings)));
    const daemon = new Daemon({ program, args: ["serve", file], logFile: join(folder, "log") });
    const registry = new DistributionRegistry(host, folder, daemon);
    const answers = (): Promise<boolean> =>
      registry.http.send("GET", "/v2/").then(
        () => true,
        () => false,
      );
    await daemon.untilReady(answers);
    return registry;
  }

  log(): string {
    return this.#daemon.log();
  }

  async close(): Promise<void> {
    this.http.close();
    await this.#daemon.stop();
    await removeScratchFolder(this.#folder);
  }
}

/** YAML, of which JSON is a part. */
function configuration(folder: string, host: string, settings: TokenSettings): object {
  const { realm, service, issuer, rootCertBundle } = settings;
  return {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: host },
    auth: { token: { realm, service, issuer, rootcertbundle: rootCertBundle } },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
