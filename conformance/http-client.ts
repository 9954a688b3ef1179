// HTTP as the suite needs it: every header, status and byte under control, nothing normalised, decompressed or retried.
// Built on node:http because fetch hides or forbids half of that.
import * as http from "node:http";
import * as https from "node:https";

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A Buffer goes with Content-Length; a list of Buffers goes piece by piece with chunked transfer encoding. */
  readonly body?: Buffer | readonly Buffer[];
}

interface Target {
  readonly origin: URL;
  /** Path and query exactly as they go on the wire. */
  readonly path: string;
}

/** One answer, with its request's line for messages. */
export class Answer {
  readonly request: string;
  readonly url: string;
  readonly status: number;
  /** What came of the body: less than the headers promised when the connection broke in the middle. */
  readonly body: Buffer;
  readonly #headers: ReadonlyMap<string, readonly string[]>;

  constructor(request: string, url: string, status: number, rawHeaders: readonly string[], body: Buffer) {
    const headers = new Map<string, string[]>();
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] ?? "").toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), rawHeaders[i + 1] ?? ""]);
    }
    this.request = request;
    this.url = url;
    this.status = status;
    this.body = body;
    this.#headers = headers;
  }

  /** The header's value, several joined by a comma as HTTP allows; undefined when the answer has none. */
  header(name: string): string | undefined {
    return this.#headers.get(name.toLowerCase())?.join(", ");
  }
}

const maxRedirects = 5;
const maxBodyBytes = 64 * 1024 * 1024;
const inactivityMilliseconds = 30_000;
const continueMilliseconds = 1000;

/** Requests to one registry over kept-alive connections. Close it at the end. */
export class HttpClient {
  readonly baseUrl: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agents = {
    "http:": new http.Agent({ keepAlive: true }),
    "https:": new https.Agent({ keepAlive: true }),
  };

  constructor(baseUrl: URL, headers: Readonly<Record<string, string>> = {}) {
    this.baseUrl = baseUrl;
    this.#headers = headers;
  }

  /**
   * `to` is a raw path of the registry (sent as it is) or an absolute URL. GET and HEAD follow redirects, as any answer
   * of a registry may be one; the extra headers given at the start go to the registry's own host alone.
   */
  async send(method: string, to: string, options: SendOptions = {}): Promise<Answer> {
    let target = this.#target(to);
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#exchange(method, target, options);
      const location = answer.header("location");
      const redirected =
        [301, 302, 303, 307, 308].includes(answer.status) && ["GET", "HEAD"].includes(method);
      if (!redirected || location === undefined || redirects === maxRedirects) return answer;
      target = this.#target(new URL(location, answer.url).href);
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #target(to: string): Target {
    if (to.startsWith("/")) return { origin: this.baseUrl, path: to };
    const url = new URL(to);
    return { origin: url, path: `${url.pathname}${url.search}` };
  }

  #exchange(method: string, { origin, path }: Target, { headers = {}, body }: SendOptions): Promise<Answer> {
    const line = `${method} ${path}`;
    const own = origin.host === this.baseUrl.host ? this.#headers : {};
    const framing = framingOf(method, body);
    return new Promise((resolve, reject) => {
      const secure = origin.protocol === "https:";
      const request = (secure ? https : http).request({
        hostname: origin.hostname.replace(/^\[|\]$/g, ""),
        port: origin.port === "" ? (secure ? 443 : 80) : origin.port,
        agent: this.#agents[secure ? "https:" : "http:"],
        method,
        path,
        headers: { ...own, ...framing, ...headers },
        timeout: inactivityMilliseconds,
      });
      const fail = (error: Error) =>
        reject(new Error(`${line}: no answer (${error.message})`, { cause: error }));
      request.on("timeout", () => request.destroy(new Error("nothing was heard for 30 seconds")));
      request.on("error", fail);
      request.on("response", (response) => {
        collect(response).then((bytes) => {
          resolve(
            new Answer(line, `${origin.origin}${path}`, response.statusCode ?? 0, response.rawHeaders, bytes),
          );
        }, fail);
      });
      sendBody(request, body);
    });
  }
}

function sendBody(request: http.ClientRequest, body: SendOptions["body"]): void {
  let begun = false;
  const send = () => {
    if (begun) return;
    begun = true;
    for (const piece of Buffer.isBuffer(body) ? [body] : (body ?? [])) request.write(piece);
    request.end();
  };
  if (!asksFirst(body)) {
    send();
    return;
  }
  const patience = setTimeout(send, continueMilliseconds);
  request.once("continue", send);
  request.once("response", (response) => {
    begun = true;
    // An answer in place of the body: this connection is good for nothing more.
    response.once("end", () => !request.writableEnded && request.destroy());
  });
  request.once("close", () => clearTimeout(patience));
  request.flushHeaders();
}

/** As curl does: a refusal then comes instead of the body and not across it, where it can get lost. */
const asksFirst = (body: SendOptions["body"]): body is Buffer =>
  Buffer.isBuffer(body) && body.length > 1024 * 1024;

function framingOf(method: string, body: SendOptions["body"]): Record<string, string> {
  if (asksFirst(body)) return { "content-length": String(body.length), expect: "100-continue" };
  if (Buffer.isBuffer(body)) return { "content-length": String(body.length) };
  if (body !== undefined) return { "transfer-encoding": "chunked" };
  return ["POST", "PUT", "PATCH"].includes(method) ? { "content-length": "0" } : {};
}

async function collect(response: http.IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxBodyBytes) throw new Error("the body is larger than 64 MiB");
      pieces.push(piece);
    }
  } catch (error) {
    if (response.complete || size > maxBodyBytes) throw error;
  }
  return Buffer.concat(pieces);
}
