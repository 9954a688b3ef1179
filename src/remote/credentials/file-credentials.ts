// Credentials in a file: read again when it changes, so that whoever rotates them need not tell us.
import { readFile, stat } from "node:fs/promises";
import { RemoteError } from "../remote-error.ts";
import type { Credentials, CredentialSource } from "./credential-source.ts";
import { isDockerConfig, readCredentials, readDockerConfig } from "./read-credentials.ts";

export class FileCredentials implements CredentialSource {
  readonly #path: string;
  readonly #registry: URL;
  #read: { readonly version: string; readonly credentials: Promise<Credentials> } | undefined;

  constructor(path: string, registry: URL) {
    this.#path = path;
    this.#registry = registry;
  }

  async get(): Promise<Credentials> {
    const version = await this.#version();
    if (this.#read?.version !== version) {
      const credentials = this.#load();
      credentials.catch(() => undefined);
      this.#read = { version, credentials };
    }
    return await this.#read.credentials;
  }

  /** The file is looked at each time anyway. */
  refused(): void {}

  async #version(): Promise<string> {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(this.#path);
      return `${mtimeMs}/${ctimeMs}/${size}/${ino}`;
    } catch (cause) {
      throw this.#failure("cannot be read", cause);
    }
  }

  async #load(): Promise<Credentials> {
    let json: unknown;
    try {
      json = JSON.parse(await readFile(this.#path, "utf8"));
    } catch (cause) {
      // The parser's message quotes the text.
      throw cause instanceof SyntaxError
        ? this.#failure("is no JSON")
        : this.#failure("cannot be read", cause);
    }
    const found = isDockerConfig(json) ? readDockerConfig(json, this.#registry) : readCredentials(json);
    if (!found) throw this.#failure(`has no credentials for ${this.#registry.host}`);
    return found;
  }

  #failure(problem: string, cause?: unknown): RemoteError {
    return new RemoteError("refused", `the credentials file ${this.#path} ${problem}`, { cause });
  }
}
