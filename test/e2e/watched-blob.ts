// A client that reads one blob and is watched meanwhile. Of its own, because whoever breaks a transfer has to know how far
// its readers are, and how each of them ended.
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { RegistryHttp } from "../support/clients/registry-http.ts";

export interface BlobEnd {
  /** `clean` is what a client takes for the whole of the blob. */
  readonly how: "clean" | "broken";
  /** Undefined where the connection broke before there was an answer. */
  readonly status?: number | undefined;
  readonly cacheStatus?: string | undefined;
  readonly bytes: number;
  /** Of those bytes. */
  readonly digest: string;
}

export class WatchedBlob {
  /** Never rejects. */
  readonly done: Promise<BlobEnd>;
  readonly #request: ClientRequest;
  readonly #hash = createHash("sha256");
  #response: IncomingMessage | undefined;
  #bytes = 0;

  /** Over a connection of its own. */
  constructor(http: RegistryHttp, repository: string, digest: string) {
    this.#request = http.open("GET", `/v2/${repository}/blobs/${digest}`, { connection: "close" });
    this.done = this.#read();
  }

  /** That have come. */
  get bytes(): number {
    return this.#bytes;
  }

  leave(): void {
    this.#request.destroy();
  }

  async #read(): Promise<BlobEnd> {
    const how = await this.#readAll().then(
      () => "clean" as const,
      () => "broken" as const,
    );
    this.#request.destroy();
    const { statusCode: status, headers } = this.#response ?? {};
    const cacheStatus = headers?.["cache-status"]?.toString();
    return { how, status, cacheStatus, bytes: this.#bytes, digest: `sha256:${this.#hash.digest("hex")}` };
  }

  async #readAll(): Promise<void> {
    const responded = once(this.#request, "response") as Promise<[IncomingMessage]>;
    this.#request.end();
    const [response] = await responded;
    this.#response = response;
    for await (const part of response) {
      this.#hash.update(part as Buffer);
      this.#bytes += (part as Buffer).length;
    }
  }
}
