// A Docker engine of its own: data, socket and client configuration in one folder, so that "an empty docker" is one.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Daemon } from "./daemon.ts";
import { dockerdProgram, dockerProgram } from "./installed-client.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";
import { createScratchFolder, removeScratchFolder } from "./scratch-folder.ts";

export class DockerEngine {
  readonly #folder: string;
  readonly #daemon: Daemon;

  private constructor(folder: string, daemon: Daemon) {
    this.#folder = folder;
    this.#daemon = daemon;
  }

  /** Starts dockerd with an empty store and without networks: containers use the host's. */
  static async start(): Promise<DockerEngine> {
    const folder = await createScratchFolder();
    await mkdir(join(folder, "config"));
    await writeFile(join(folder, "daemon.json"), "{}");
    await writeFile(join(folder, "config/config.json"), JSON.stringify({ experimental: "enabled" }));
    const daemon = new Daemon({
      program: dockerdProgram,
      args: [
        ...["--config-file", join(folder, "daemon.json"), "--data-root", join(folder, "root")],
        ...[
          "--exec-root",
          join(folder, "exec"),
          "--pidfile",
          join(folder, "pid"),
          "-H",
          `unix://${folder}/sock`,
        ],
        ...["--iptables=false", "--bridge=none", "--insecure-registry", "127.0.0.0/8"],
      ],
      logFile: join(folder, "log"),
    });
    const engine = new DockerEngine(folder, daemon);
    await daemon.untilReady(
      () =>
        engine.docker("info").then(
          () => true,
          () => false,
        ),
      60,
    );
    return engine;
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
