// A registry over bare HTTP, without a client library's opinions: what was sent is what was asked for, redirects and
// encodings included. Of its own, because every comparison of digests end to end goes through it.
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
} from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Sending {
  headers?: Record<string, string | number>;
  body?: Buffer | string | Readable;
}

export const sha256 = (content: Buffer | string): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

export class RegistryHttp {
  readonly #origin: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });

  /** `origin` such as `http://127.0.0.1:5000`. */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Starts a request and leaves the body to the caller: for slow and broken transfers. */
  open(method: string, path: string, headers: Record<string, string | number> = {}): ClientRequest {
    return request(new URL(path, this.#origin), { method, headers });
  }

  async send(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const response = await this.#respond(method, path, sending);
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) };
  }

  /** The digest and length of the body of a 200, read as a stream: for bodies too big to hold. */
  async digestOf(path: string): Promise<{ digest: string; size: number; headers: IncomingHttpHeaders }> {
    const response = await this.#respond("GET", path, {});
    if (response.statusCode !== 200) throw new Error(`GET ${path} answered ${response.statusCode}`);
    const hash: Hash = createHash("sha256");
    let size = 0;
    for await (const part of response) {
      hash.update(part as Buffer);
      size += (part as Buffer).length;
    }
    return { digest: `sha256:${hash.digest("hex")}`, size, headers: response.headers };
  }

  /** POST, then PUT with the whole body; the digest. */
  async pushBlob(repository: string, content: Buffer): Promise<string> {
    const digest = sha256(content);
    const location = await this.startUpload(repository);
    const answer = await this.send("PUT", withQuery(location, { digest }), {
      headers: { "content-type": "application/octet-stream", "content-length": content.length },
      body: content,
    });
    expectStatus(answer, 201, `PUT of blob ${digest}`);
    return digest;
  }

  async pushManifest(
    repository: string,
    reference: string,
    manifest: object | Buffer,
    mediaType: string,
  ): Promise<Answer> {
    const body = Buffer.isBuffer(manifest) ? manifest : Buffer.from(JSON.stringify(manifest));
    return this.send("PUT", `/v2/${repository}/manifests/${reference}`, {
      headers: { "content-type": mediaType },
      body,
    });
  }

  /** Path and query of a new upload. */
  async startUpload(repository: string): Promise<string> {
    const answer = await this.send("POST", `/v2/${repository}/blobs/uploads/`, {
      headers: { "content-length": 0 },
    });
    expectStatus(answer, 202, "POST of an upload");
    return locationOf(answer);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #respond(method: string, path: string, { headers = {}, body }: Sending): Promise<IncomingMessage> {
    const outgoing = request(new URL(path, this.#origin), { method, headers, agent: this.#agent });
    const responded = once(outgoing, "response") as Promise<[IncomingMessage]>;
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) outgoing.end(body);
    else await pipeline(body, outgoing);
    return (await responded)[0];
  }
}

/** The Location header as path and query, whether the registry wrote it absolute or not. */
export function locationOf(answer: { headers: IncomingHttpHeaders }): string {
  const url = new URL(answer.headers.location ?? "", "http://registry.invalid");
  return `${url.pathname}${url.search}`;
}

/** Adds parameters to a path that may have a query already. */
export function withQuery(path: string, parameters: Record<string, string>): string {
  const url = new URL(path, "http://registry.invalid");
  for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value);
  return `${url.pathname}${url.search}`;
}

export function expectStatus(answer: Answer, status: number, what: string): void {
  if (answer.status !== status) {
    throw new Error(
      `${what}: ${answer.status} instead of ${status}: ${answer.body.toString("utf8").slice(0, 500)}`,
    );
  }
}
