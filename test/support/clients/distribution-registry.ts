// CNCF Distribution, as its operators configure it: open, with `auth.token`, or as a pull-through cache. Of its own,
// because it is what Berth replaces (the same settings are given to both), mirrors, and is measured against.
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Daemon } from "./daemon.ts";
import { installedClient } from "./installed-client.ts";
import { RegistryHttp } from "./registry-http.ts";
import { runCommand } from "./run-command.ts";
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

export interface DistributionSettings {
  /** Open to everybody without it. */
  readonly token?: TokenSettings;
  /** URL of the registry that it caches. */
  readonly proxyOf?: string;
}

export class DistributionRegistry {
  readonly host: string;
  readonly http: RegistryHttp;
  /** Below it, `docker/registry/v2` holds all that it keeps. */
  readonly data: string;
  readonly #folder: string;
  #daemon: Daemon | undefined;

  private constructor(host: string, folder: string) {
    this.host = host;
    this.http = new RegistryHttp(`http://${host}`);
    this.#folder = folder;
    this.data = join(folder, "data");
  }

  static async start(settings: DistributionSettings = {}): Promise<DistributionRegistry> {
    const [folder, host] = [await createScratchFolder(), `127.0.0.1:${await freePort()}`];
    await writeFile(join(folder, "config.json"), JSON.stringify(configuration(folder, host, settings)));
    const registry = new DistributionRegistry(host, folder);
    await registry.start();
    return registry;
  }

  /** Starts it (again) on the same port and data. */
  async start(): Promise<void> {
    this.http.close();
    const args = ["serve", join(this.#folder, "config.json")];
    this.#daemon = new Daemon({ program, args, logFile: join(this.#folder, "log") });
    const answers = (): Promise<boolean> =>
      this.http.send("GET", "/v2/").then(
        () => true,
        () => false,
      );
    await this.#daemon.untilReady(answers);
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }

  get process(): Daemon {
    if (this.#daemon === undefined) throw new Error("docker-registry is not running");
    return this.#daemon;
  }

  /** To be called while it is stopped: it may lose what is pushed meanwhile. */
  async collectGarbage(): Promise<void> {
    const args = ["garbage-collect", join(this.#folder, "config.json")];
    await runCommand(program, args, { timeoutSeconds: 580 });
  }

  log(): string {
    return this.process.log();
  }

  async close(): Promise<void> {
    this.http.close();
    await this.stop();
    await removeScratchFolder(this.#folder);
  }
}

/** YAML, of which JSON is a part. */
function configuration(folder: string, host: string, { token, proxyOf }: DistributionSettings): object {
  return {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: host },
    ...(token && { auth: { token: tokenSection(token) } }),
    ...(proxyOf !== undefined && { proxy: { remoteurl: proxyOf } }),
  };
}

function tokenSection({ rootCertBundle, ...rest }: TokenSettings): object {
  return { ...rest, rootcertbundle: rootCertBundle };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
