// A containerd of its own with an empty content store, driven by `ctr`.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Daemon } from "./daemon.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";
import { createScratchFolder, removeScratchFolder } from "./scratch-folder.ts";

export class ContainerdEngine {
  readonly #folder: string;
  readonly #daemon: Daemon;

  private constructor(folder: string, daemon: Daemon) {
    this.#folder = folder;
    this.#daemon = daemon;
  }

  static async start(): Promise<ContainerdEngine> {
    const folder = await createScratchFolder();
    await mkdir(join(folder, "opt"));
    const config = [
      "version = 2",
      `root = "${folder}/root"`,
      `state = "${folder}/state"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      `[grpc]\n  address = "${folder}/sock"`,
      `[plugins."io.containerd.internal.v1.opt"]\n  path = "${folder}/opt"`,
    ];
    await writeFile(join(folder, "config.toml"), config.join("\n"));
    const daemon = new Daemon({
      program: "containerd",
      args: ["--config", join(folder, "config.toml")],
      logFile: join(folder, "log"),
    });
    const engine = new ContainerdEngine(folder, daemon);
    await daemon.untilReady(
      () =>
        engine.ctr("version").then(
          () => true,
          () => false,
        ),
      60,
    );
    return engine;
  }

  ctr(...args: string[]): Promise<string> {
    return this.ctrWith({}, ...args);
  }

  async ctrWith(options: CommandOptions, ...args: string[]): Promise<string> {
    const output = await runCommand("ctr", ["--address", join(this.#folder, "sock"), ...args], options);
    return output.trimEnd();
  }

  /** Every digest in the content store. */
  async contentDigests(): Promise<string[]> {
    return (await this.ctr("content", "ls", "--quiet")).split("\n").filter((line) => line !== "");
  }

  async close(): Promise<void> {
    await this.#daemon.stop();
    await removeScratchFolder(this.#folder);
  }
}
