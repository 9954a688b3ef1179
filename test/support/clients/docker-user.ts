// Somebody at a Docker engine: a client configuration of their own, in which `docker login` keeps what it was given. Of
// its own, so that several people, and nobody, can use one engine.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DockerEngine } from "./docker-engine.ts";
import type { CommandOptions } from "./run-command.ts";
import type { Login } from "./token-login.ts";

/** What docker keeps of a login: `auth` is name:secret in base64; an identity token takes the secret's place. */
export interface KeptLogin {
  auth?: string;
  identitytoken?: string;
}

export class DockerUser {
  readonly #engine: DockerEngine;
  readonly #folder: string;

  private constructor(engine: DockerEngine, folder: string) {
    this.#engine = engine;
    this.#folder = folder;
  }

  static async create(
    engine: DockerEngine,
    logins: Readonly<Record<string, KeptLogin>> = {},
  ): Promise<DockerUser> {
    const folder = await mkdtemp(join(process.env["BERTH_TEST_TMP"] ?? tmpdir(), "docker-user-"));
    await writeFile(join(folder, "config.json"), JSON.stringify({ auths: logins }));
    return new DockerUser(engine, folder);
  }

  docker(...args: string[]): Promise<string> {
    return this.dockerWith({}, ...args);
  }

  dockerWith(options: CommandOptions, ...args: string[]): Promise<string> {
    const environment = { ...options.environment, DOCKER_CONFIG: this.#folder };
    return this.#engine.dockerWith({ ...options, environment }, ...args);
  }

  login(host: string, { name, secret }: Login): Promise<string> {
    return this.dockerWith({ input: secret }, "login", "--username", name, "--password-stdin", host);
  }

  /** The configuration as it is on disk. */
  configuration(): Promise<string> {
    return readFile(join(this.#folder, "config.json"), "utf8");
  }

  async kept(host: string): Promise<KeptLogin | undefined> {
    const { auths = {} } = JSON.parse(await this.configuration()) as { auths?: Record<string, KeptLogin> };
    return auths[host];
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export const keptAs = ({ name, secret }: Login): string =>
  Buffer.from(`${name}:${secret}`).toString("base64");
