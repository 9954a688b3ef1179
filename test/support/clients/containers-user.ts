// Somebody who uses skopeo, buildah or podman: an authfile of their own, and a store in which an image comes and goes. One
// file for the three, whose logins are the same library's.
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ContainersTool } from "./containers-tool.ts";
import { buildImage, tarLayer, writeLayout } from "./image-layout.ts";
import { sha256 } from "./registry-http.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";
import { createScratchFolder, removeScratchFolder } from "./scratch-folder.ts";
import type { Login } from "./token-login.ts";

export type ContainersProgram = "skopeo" | "buildah" | "podman";

export class ContainersUser {
  readonly #program: ContainersProgram;
  readonly #folder: string;
  /** Where buildah and podman keep images; skopeo keeps none. */
  readonly #store: ContainersTool | undefined;

  private constructor(program: ContainersProgram, folder: string, store: ContainersTool | undefined) {
    this.#program = program;
    this.#folder = folder;
    this.#store = store;
  }

  /** Somebody with an empty store and no login. */
  static async create(program: ContainersProgram): Promise<ContainersUser> {
    const folder = await createScratchFolder();
    await writeFile(join(folder, "auth.json"), "{}");
    const store = program === "skopeo" ? undefined : await ContainersTool.create(program);
    return new ContainersUser(program, folder, store);
  }

  /** Makes an image with one layer of random bytes, and names it `source`. */
  async make(source: string): Promise<void> {
    const layer = tarLayer("random.bin", randomBytes(700_000));
    if (this.#program === "skopeo") {
      await mkdir(join(this.#folder, source));
      return writeLayout(join(this.#folder, source), "1", buildImage([layer]));
    }
    const file = join(this.#folder, `${source}.tar`);
    await writeFile(file, layer);
    if (this.#program === "podman") {
      await this.#run({}, "import", file, this.#local(source));
      return;
    }
    const container = await this.#run({}, "from", "scratch");
    await this.#run({}, "add", container, file);
    await this.#run({}, "commit", "--rm", container, this.#local(source));
  }

  login(host: string, { name, secret }: Login): Promise<string> {
    const options = ["--username", name, "--password-stdin", ...this.#flags(), host];
    return this.#run({ input: secret }, "login", ...options);
  }

  logout(host: string): Promise<string> {
    return this.#run({}, "logout", "--authfile", this.#authfile, host);
  }

  /** Takes what another program left as the logins. */
  async keep(logins: Readonly<Record<string, { auth: string }>>): Promise<void> {
    await writeFile(this.#authfile, JSON.stringify({ auths: logins }));
  }

  /** The image called `source` goes to `name`, as in `127.0.0.1:5000/team/app:1`. */
  async push(source: string, name: string): Promise<void> {
    if (this.#program === "skopeo") {
      const from = `oci:${join(this.#folder, source)}:1`;
      await this.#run(
        {},
        "copy",
        "--authfile",
        this.#authfile,
        this.#insecure("dest"),
        from,
        `docker://${name}`,
      );
    } else {
      await this.#run({}, "push", ...this.#flags(), this.#local(source), `docker://${name}`);
    }
  }

  /** The digest of the manifest that came; the image goes again. */
  async pull(name: string): Promise<string> {
    if (this.#program === "skopeo") {
      const to = join(this.#folder, `pulled-${randomBytes(4).toString("hex")}`);
      const ends = [`docker://${name}`, `dir:${to}`];
      await this.#run({}, "copy", "--authfile", this.#authfile, this.#insecure("src"), ...ends);
      return sha256(await readFile(join(to, "manifest.json")));
    }
    await this.#run({}, "pull", ...this.#flags(), name);
    const digest = await this.#run({}, "images", "--format", "{{.Digest}}", name);
    await this.#run({}, "rmi", name);
    return digest;
  }

  async close(): Promise<void> {
    await this.#store?.close();
    await removeScratchFolder(this.#folder);
  }

  get #authfile(): string {
    return join(this.#folder, "auth.json");
  }

  #flags(): string[] {
    return ["--authfile", this.#authfile, "--tls-verify=false"];
  }

  #insecure(end: "src" | "dest"): string {
    return `--${end}-tls-verify=false`;
  }

  #local(source: string): string {
    return `localhost/${source}:1`;
  }

  async #run(options: CommandOptions, ...args: string[]): Promise<string> {
    if (this.#store !== undefined) return this.#store.runWith(options, ...args);
    return (await runCommand("skopeo", args, { cwd: this.#folder, ...options })).trimEnd();
  }
}
