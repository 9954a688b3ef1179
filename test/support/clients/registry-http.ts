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
import { Agent as SecureAgent, request as requestSecurely } from "node:https";
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

/** What a client with a login adds to its requests, and what it does about a 401. */
export interface Authorization {
  /** The header for this request; undefined for none. */
  header(method: string, path: string): string | undefined;
  /** Told of the challenge of a 401: whether the request is worth sending once more. */
  challenged(challenge: string): Promise<boolean>;
}

export interface RegistryHttpOptions {
  authorization?: Authorization;
  /** PEM of the authority that an https registry is trusted by. */
  authority?: string;
}

export const sha256 = (content: Buffer | string): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

export class RegistryHttp {
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #authorization: Authorization | undefined;
  readonly #authority: string | undefined;

  /** `origin` such as `http://127.0.0.1:5000`. */
  constructor(origin: string, { authorization, authority }: RegistryHttpOptions = {}) {
    this.#origin = origin;
    this.#authorization = authorization;
    this.#authority = authority;
    const isSecure = origin.startsWith("https:");
    this.#agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: 32 });
  }

  /** The same registry for somebody with a login. */
  as(authorization: Authorization): RegistryHttp {
    const authority = this.#authority;
    return new RegistryHttp(this.#origin, { authorization, ...(authority !== undefined && { authority }) });
  }

  /** Starts a request and leaves the body to the caller: for slow and broken transfers. */
  open(method: string, path: string, headers: Record<string, string | number> = {}): ClientRequest {
    return this.#start(method, path, headers, undefined);
  }

  /** The same over a connection that is kept, as all that `send` uses. */
  openKept(method: string, path: string): ClientRequest {
    return this.#start(method, path, {}, this.#agent);
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

  async #respond(method: string, path: string, sending: Sending): Promise<IncomingMessage> {
    const response = await this.#respondOnce(method, path, sending);
    const challenge = response.headers["www-authenticate"];
    if (response.statusCode !== 401 || challenge === undefined || this.#authorization === undefined) {
      return response;
    }
    // A stream has gone out and can't go out again.
    if (typeof sending.body === "object" && !Buffer.isBuffer(sending.body)) return response;
    if (!(await this.#authorization.challenged(challenge))) return response;
    response.resume();
    return this.#respondOnce(method, path, sending);
  }

  async #respondOnce(
    method: string,
    path: string,
    { headers = {}, body }: Sending,
  ): Promise<IncomingMessage> {
    const outgoing = this.#start(method, path, headers, this.#agent);
    const responded = once(outgoing, "response") as Promise<[IncomingMessage]>;
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) outgoing.end(body);
    else await pipeline(body, outgoing);
    return (await responded)[0];
  }

  #start(
    method: string,
    path: string,
    headers: Record<string, string | number>,
    agent: Agent | undefined,
  ): ClientRequest {
    const url = new URL(path, this.#origin);
    const authorization = this.#authorization?.header(method, path);
    const options = {
      method,
      headers: { ...(authorization !== undefined && { authorization }), ...headers },
      ...(agent !== undefined && { agent }),
    };
    if (url.protocol !== "https:") return request(url, options);
    return requestSecurely(url, { ...options, ca: this.#authority });
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
