// The PEM files of one upstream: read when they are first needed, and again when they changed.
import { readFile, stat } from "node:fs/promises";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Environment } from "./proxy-choice.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteOptions } from "./remote-options.ts";

export interface SecureContexts {
  /** For the registry's own host: shows the client certificate, where there is one. */
  readonly own: SecureContext;
  readonly other: SecureContext;
}

export class TlsMaterial {
  readonly #options: Pick<RemoteOptions, "ca" | "clientCertificate">;
  readonly #environment: Environment;
  #seen = "";

  constructor(options: Pick<RemoteOptions, "ca" | "clientCertificate">, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
  }

  /** Whether the files are others than those that {@link read} saw last. */
  async changed(): Promise<boolean> {
    return (await this.#fingerprint()) !== this.#seen;
  }

  /** @throws RemoteError tls, when a file cannot be read or is none of certificates */
  async read(): Promise<SecureContexts> {
    this.#seen = await this.#fingerprint();
    const { ca, clientCertificate } = this.#options;
    const authorities = ca === undefined ? {} : { ca: [...(await this.#usual()), await readPem(ca)] };
    const other = build(authorities, ca);
    if (!clientCertificate) return { own: other, other };
    const { certificate, key } = clientCertificate;
    const shown = { cert: await readPem(certificate), key: await readPem(key) };
    return { own: build({ ...authorities, ...shown }, certificate), other };
  }

  /** What Node trusts when it is told of no authority. */
  async #usual(): Promise<string[]> {
    const extra = this.#environment["NODE_EXTRA_CA_CERTS"];
    const extras = extra ? await readFile(extra, "utf8").catch(() => "") : "";
    return [...rootCertificates, ...(extras === "" ? [] : [extras])];
  }

  async #fingerprint(): Promise<string> {
    const { ca, clientCertificate } = this.#options;
    const paths = [ca, clientCertificate?.certificate, clientCertificate?.key];
    const parts = paths.map(async (path) => {
      if (path === undefined) return "";
      const found = await stat(path).catch(() => undefined);
      return found ? `${found.mtimeMs}/${found.size}/${found.ino}` : "absent";
    });
    return (await Promise.all(parts)).join();
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new RemoteError("tls", `the file ${path} cannot be read`, { cause });
  }
}

function build(options: Parameters<typeof createSecureContext>[0], path: string | undefined): SecureContext {
  try {
    return createSecureContext(options);
  } catch (cause) {
    throw new RemoteError(
      "tls",
      `the file ${path ?? ""} is no PEM that can be used, or does not fit its key`,
      {
        cause,
      },
    );
  }
}
