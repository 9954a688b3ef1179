// Keys in a file that something else renews: read again whenever the file changes.
import { readFile, stat } from "node:fs/promises";
import { StorageError } from "../../../storage-error.ts";

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export class CredentialsFile {
  readonly #path: string;
  #keys: AccessKeys | undefined;
  #version = "";

  /** @param path of a JSON object with `accessKeyId`, `secretAccessKey` and, for temporary keys, `sessionToken` */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws StorageError `unsuitable` when the file can't be read and never could */
  async read(): Promise<AccessKeys> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (this.#keys && version === this.#version) return this.#keys;
      this.#keys = parseKeys(await readFile(this.#path, "utf8"));
      this.#version = version;
      return this.#keys;
    } catch (cause) {
      // A file that is just being replaced: what was in it may still do.
      if (this.#keys) return this.#keys;
      const reason = cause instanceof SyntaxError ? "it is not JSON" : messageOf(cause);
      throw new StorageError(
        "unsuitable",
        `The S3 credentials in ${this.#path} cannot be read: ${reason}. Correct credentialsFile, or what is in it.`,
        { cause },
      );
    }
  }
}

function parseKeys(text: string): AccessKeys {
  const value = JSON.parse(text) as Partial<Record<keyof AccessKeys, unknown>> | null;
  const { accessKeyId, secretAccessKey, sessionToken } = value ?? {};
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string")
    throw new Error("accessKeyId and secretAccessKey must be there");
  return { accessKeyId, secretAccessKey, ...(typeof sessionToken === "string" && { sessionToken }) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
