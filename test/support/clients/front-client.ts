// Raw HTTP to a proxy: TLS with an authority of our own, HTTP/2 where it is allowed, nothing unpacked and nothing
// followed. Of its own, because the registry's plain client speaks neither.
import { readFileSync } from "node:fs";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { Agent, type Dispatcher, request } from "undici";

export interface FrontAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** As it came; empty without one. */
  location: string;
  body: Buffer;
}

export interface FrontSending {
  headers?: Record<string, string>;
  body?: Buffer | AsyncIterable<Buffer>;
}

export class FrontClient {
  readonly #origin: string;
  readonly #agent: Agent;

  /** `origin` such as `https://127.0.0.1:43210`; `authority` is a PEM file. */
  constructor(origin: string, authority: string, allowH2: boolean) {
    this.#origin = origin;
    this.#agent = new Agent({ allowH2, connect: { ca: readFileSync(authority, "utf8") } });
  }

  /** `path` may be a URL as well. */
  async ask(method: Dispatcher.HttpMethod, path: string, sending: FrontSending = {}): Promise<FrontAnswer> {
    const { statusCode, headers, body } = await this.open(method, path, sending);
    const location = String(headers["location"] ?? "");
    return { status: statusCode, headers, location, body: Buffer.from(await body.arrayBuffer()) };
  }

  /** The answer before its body has come. */
  open(
    method: Dispatcher.HttpMethod,
    path: string,
    { headers = {}, body }: FrontSending = {},
  ): Promise<Dispatcher.ResponseData> {
    return request(new URL(path, this.#origin), {
      method,
      headers,
      dispatcher: this.#agent,
      ...(body === undefined ? {} : { body: body as Buffer | Readable }),
    });
  }

  /** Breaks a GET off after at least `bytes`; what had come until then. */
  async askForPart(path: string, bytes: number): Promise<Buffer> {
    const { body } = await this.open("GET", path);
    const parts: Buffer[] = [];
    let received = 0;
    for await (const part of body) {
      parts.push(part as Buffer);
      received += (part as Buffer).length;
      if (received >= bytes) break;
    }
    if (!body.closed) await once(body, "close");
    return Buffer.concat(parts);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
