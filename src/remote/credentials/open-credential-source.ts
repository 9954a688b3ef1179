// From what the configuration says to the source of credentials. The only file that names all kinds.
import type { RemoteCredentials } from "../remote-options.ts";
import { CommandCredentials } from "./command-credentials.ts";
import type { CredentialSource } from "./credential-source.ts";
import { FileCredentials } from "./file-credentials.ts";
import { readCredentials } from "./read-credentials.ts";

export interface CredentialSourceParts {
  readonly now: () => number;
  /** How long a command may take. */
  readonly commandSeconds?: number | undefined;
}

/** @param registry the base URL of the registry that they are for */
export function openCredentialSource(
  options: RemoteCredentials,
  registry: URL,
  parts: CredentialSourceParts,
): CredentialSource {
  switch (options.kind) {
    case "static": {
      const credentials = readCredentials(options) ?? { ...options, kind: "password" };
      return { get: async () => credentials, refused: () => undefined };
    }
    case "file":
      return new FileCredentials(options.path, registry);
    case "command":
      return new CommandCredentials(options, registry, parts);
  }
}
