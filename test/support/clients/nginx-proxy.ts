// A real nginx in front of a registry: own folder, own certificate authority, ports of 127.0.0.1 only. Of its own,
// because every kind of front is the same process with another configuration.
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer, connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Daemon } from "./daemon.ts";
import { runCommand } from "./run-command.ts";
import { createScratchFolder, removeScratchFolder } from "./scratch-folder.ts";

export const nginxProgram = "/usr/sbin/nginx";

export interface Certificates {
  /** PEM file of the authority that clients are told to trust; its folder holds nothing else. */
  authority: string;
  /** PEM files for `ssl_certificate` and `ssl_certificate_key`. */
  certificate: string;
  key: string;
}

export class NginxProxy {
  readonly folder: string;
  readonly #daemon: Daemon;

  private constructor(folder: string, daemon: Daemon) {
    this.folder = folder;
    this.#daemon = daemon;
  }

  /**
   * Runs nginx with `servers` as the body of its `http` block and waits until `port` is served.
   * @param user whom its workers are; they must be able to enter folders of root
   */
  static async start(servers: string, port: number, user = "root"): Promise<NginxProxy> {
    const folder = await createScratchFolder();
    await mkdir(join(folder, "logs"));
    if (user !== "root") await chmod(folder, 0o755);
    await writeFile(join(folder, "nginx.conf"), configuration(folder, servers, user));
    const daemon = new Daemon({
      program: nginxProgram,
      args: ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"],
      logFile: join(folder, "log"),
    });
    await daemon.untilReady(() => accepts(port));
    return new NginxProxy(folder, daemon);
  }

  log(): string {
    return this.#daemon.log();
  }

  async close(): Promise<void> {
    await this.#daemon.stop();
    await removeScratchFolder(this.folder);
  }
}

/** The `via-nginx` header tells a test that its answer came through, and over which version of HTTP it asked. */
function configuration(folder: string, servers: string, user: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join("\n");
  // Started by root and told nothing its workers would be another user, who may not enter the folder.
  return `user ${user};
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 512; }
http {
access_log off;
add_header via-nginx $server_protocol always;
${temporary}
${servers}
}
`;
}

/** An authority made for this run, and a certificate of it for 127.0.0.1 and localhost, in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const trusted = join(folder, "trusted");
  await mkdir(trusted);
  const authority = join(trusted, "ca.crt");
  const [authorityKey, certificate, key] = ["ca.key", "server.crt", "server.key"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const openssl = (...args: string[]): Promise<string> => runCommand("openssl", ["req", ...made, ...args]);
  await openssl("-x509", "-subj", "/CN=Berth's test", "-keyout", authorityKey, "-out", authority);
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost";
  const request = join(folder, "server.csr");
  await openssl("-subj", "/CN=localhost", "-addext", names, "-keyout", key, "-out", request);
  const signed = ["-CA", authority, "-CAkey", authorityKey, "-CAcreateserial", "-copy_extensions", "copy"];
  await runCommand("openssl", ["x509", "-req", "-in", request, "-days", "2", ...signed, "-out", certificate]);
  return { authority, certificate, key };
}

/** Different free ports: all are held before the first is given back. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
