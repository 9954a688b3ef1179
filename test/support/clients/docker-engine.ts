// A Docker engine of its own: data, socket and client configuration in one folder, so that "an empty docker" is one.
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Daemon } from "./daemon.ts";
import { dockerdProgram, dockerProgram } from "./installed-client.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";
import { createScratchFolder, removeScratchFolder } from "./scratch-folder.ts";

export class DockerEngine {
  readonly #folder: string;
  #daemon: Daemon;

  private constructor(folder: string, daemon: Daemon) {
    this.#folder = folder;
    this.#daemon = daemon;
  }

  /**
   * Starts dockerd with an empty store and without networks: containers use the host's.
   * @param hosts lines of an /etc/hosts that only this engine sees
   * @param daemonJson what /etc/docker/daemon.json would be
   */
  static async start({
    hosts = [],
    daemonJson = "{}",
  }: { hosts?: readonly string[]; daemonJson?: string } = {}): Promise<DockerEngine> {
    const folder = await createScratchFolder();
    await mkdir(join(folder, "config"));
    await mkdir(join(folder, "etc"));
    await writeFile(join(folder, "hosts"), hosts.map((line) => `${line}\n`).join(""));
    await writeFile(join(folder, "daemon.json"), daemonJson);
    await writeFile(join(folder, "config/config.json"), JSON.stringify({ experimental: "enabled" }));
    const program = [...(hosts.length === 0 ? [] : ownSettings(folder)), dockerdProgram, "--bridge=none"];
    const engine = new DockerEngine(folder, startDaemon(folder, program));
    await engine.#untilReady();
    return engine;
  }

  /** Lets an engine with hosts of its own trust a registry's authority, by its certs.d. */
  async trust(host: string, authority: string): Promise<void> {
    const certificates = join(this.#folder, "etc/certs.d", host);
    await mkdir(certificates, { recursive: true });
    await copyFile(authority, join(certificates, "ca.crt"));
  }

  /**
   * Starts dockerd again, with its store, in a network namespace of its own: there it has a bridge and publishes ports
   * (`-p`) as usual, and nothing of that reaches the machine. The id of a process in that namespace, for `nsenter`.
   */
  async enterOwnNetwork(): Promise<string> {
    await this.#daemon.stop();
    const script = 'ip link set lo up && exec "$0" "$@"';
    this.#daemon = startDaemon(this.#folder, ["unshare", "--net", "sh", "-c", script, dockerdProgram]);
    await this.#untilReady();
    return String(this.#daemon.pid);
  }

  async #untilReady(): Promise<void> {
    const answers = (): Promise<boolean> =>
      this.docker("info").then(
        () => true,
        () => false,
      );
    await this.#daemon.untilReady(answers, 60);
  }

  /** Runs `/usr/bin/docker args…` against this engine; its standard output without the last line end. */
  async docker(...args: string[]): Promise<string> {
    return this.dockerWith({}, ...args);
  }

  async dockerWith(options: CommandOptions, ...args: string[]): Promise<string> {
    const environment = {
      DOCKER_CONFIG: join(this.#folder, "config"),
      DOCKER_CLI_EXPERIMENTAL: "enabled",
      DOCKER_BUILDKIT: "0",
      ...options.environment,
    };
    const output = await runCommand(dockerProgram, ["-H", `unix://${this.#folder}/sock`, ...args], {
      ...options,
      environment,
    });
    return output.trimEnd();
  }

  /** All that a container has written, to both of its streams. */
  async logs(container: string): Promise<string> {
    const args = ["-H", `unix://${this.#folder}/sock`, "logs", container];
    return runCommand("sh", ["-c", 'exec "$0" "$@" 2>&1', dockerProgram, ...args]);
  }

  /** Builds an image of `files` (one layer each) on busybox, or on another image, and names it. */
  async build(name: string, files: Record<string, Buffer>, from?: string): Promise<void> {
    const context = join(this.#folder, `build-${randomUUID()}`);
    await mkdir(context);
    if (from === undefined) {
      await writeFile(join(context, "busybox"), await readFile("/usr/bin/busybox"), { mode: 0o755 });
    }
    const lines = from === undefined ? ["FROM scratch", "COPY busybox /bin/busybox"] : [`FROM ${from}`];
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(context, file), content);
      lines.push(`COPY ${file} /${file}`);
    }
    lines.push('ENTRYPOINT ["/bin/busybox"]', 'CMD ["echo", "hello from an image"]');
    await writeFile(join(context, "Dockerfile"), lines.join("\n"));
    await this.docker("build", "--network", "host", "--tag", name, context);
  }

  /** Image id and the manifest digest under which the engine knows `name`, as it tells them itself. */
  async inspect(name: string): Promise<{ id: string; repoDigests: string[] }> {
    const [image] = JSON.parse(await this.docker("image", "inspect", name)) as {
      Id: string;
      RepoDigests: string[];
    }[];
    if (image === undefined) throw new Error(`docker knows no ${name}`);
    return { id: image.Id, repoDigests: image.RepoDigests };
  }

  log(): string {
    return this.#daemon.log();
  }

  async close(): Promise<void> {
    await this.#daemon.stop();
    await removeScratchFolder(this.#folder);
  }
}

/** What runs a program with /etc/hosts and /etc/docker from `folder`, in a mount namespace of its own. */
function ownSettings(folder: string): string[] {
  const mounts = [`mount --bind ${folder}/hosts /etc/hosts`, `mount --bind ${folder}/etc /etc/docker`];
  return ["unshare", "--mount", "sh", "-c", `${mounts.join(" && ")} && exec "$0" "$@"`];
}

function startDaemon(folder: string, [program = "", ...args]: readonly string[]): Daemon {
  const settings = {
    "config-file": join(folder, "daemon.json"),
    "data-root": join(folder, "root"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "pid"),
    host: `unix://${folder}/sock`,
    iptables: "false",
  };
  return new Daemon({
    program,
    args: [...args, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)],
    logFile: join(folder, "log"),
  });
}
