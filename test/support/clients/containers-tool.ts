// buildah and podman with a store of their own. One file for both: they share flags, storage and transport.
import { join } from "node:path";
import { type CommandOptions, runCommand } from "./run-command.ts";
import { createScratchFolder, removeScratchFolder } from "./scratch-folder.ts";

export class ContainersTool {
  readonly #program: "buildah" | "podman";
  readonly #folder: string;

  private constructor(program: "buildah" | "podman", folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  static async create(program: "buildah" | "podman"): Promise<ContainersTool> {
    return new ContainersTool(program, await createScratchFolder());
  }

  run(...args: string[]): Promise<string> {
    return this.runWith({}, ...args);
  }

  async runWith(options: CommandOptions, ...args: string[]): Promise<string> {
    const folder = this.#folder;
    const podmanOnly = ["--cgroup-manager", "cgroupfs", "--tmpdir", join(folder, "tmp")];
    const flags = [
      ...["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--storage-driver", "vfs"],
      ...(this.#program === "podman" ? podmanOnly : []),
    ];
    return (await runCommand(this.#program, [...flags, ...args], { cwd: folder, ...options })).trimEnd();
  }

  async close(): Promise<void> {
    await removeScratchFolder(this.#folder);
  }
}
