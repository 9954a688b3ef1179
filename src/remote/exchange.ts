// One HTTP request and its answer: limits, deadlines, retries of what failed on the way. Knows nothing of registries.
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { discard, promisedBody } from "./body.ts";
import type { Connections } from "./dispatcher.ts";
import { failureOf } from "./failures.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteOptions } from "./remote-options.ts";
import type { RequestKind, RequestLimits } from "./request-limits.ts";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** `urgent`: tokens, for who waits already, and pings; neither waits behind others. */
  readonly kind: RequestKind | "urgent";
  /** Ends the waiting, the request, and the body. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  /** Where it came from, after redirects. */
  readonly url: URL;
  readonly status: number;
  /** By lower-case name; of repeated ones all, with commas between. */
  readonly headers: ReadonlyMap<string, string>;
  /** From Content-Length. */
  readonly size: number | undefined;
  /** To be read to its end, or destroyed: until then it counts as a running request. */
  readonly body: Readable;
}

export interface ExchangeParts {
  readonly options: RemoteOptions;
  readonly connections: Connections;
  readonly limits: RequestLimits;
  readonly random: () => number;
}

/** Gateways in front of a registry say so while one of its servers restarts. */
const passing = new Set([502, 503, 504]);
const maxRetries = 2;
const firstPauseMilliseconds = 200;

export class Exchange {
  readonly #parts: ExchangeParts;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  /** Whatever the status. GET and HEAD are sent up to three times when the connection or a gateway fails. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    for (let retries = 0; ; retries += 1) {
      const isLast = retries >= maxRetries || request.method === "POST";
      try {
        const answer = await this.#sendOnce(request);
        if (isLast || !passing.has(answer.status) || answer.headers.has("retry-after")) return answer;
        discard(answer.body, answer.size);
      } catch (error) {
        if (isLast || !(await this.#mayFareBetter(error))) throw error;
      }
      const pause = firstPauseMilliseconds * 3 ** retries * (0.5 + this.#parts.random() / 2);
      await sleep(pause, undefined, { signal: request.signal }).catch((cause: unknown) => {
        throw failureOf(cause, request.url.host, request.signal);
      });
    }
  }

  async #mayFareBetter(error: unknown): Promise<boolean> {
    if (!(error instanceof RemoteError)) return false;
    const { failure } = error;
    if (failure !== "tls" && failure !== "connection") return false;
    return (await this.#parts.connections.refresh()) || failure === "connection";
  }

  async #sendOnce(request: HttpRequest): Promise<HttpAnswer> {
    const subject = request.url.host;
    const leave = await this.#enter(request);
    const ending = new AbortController();
    const end = () => ending.abort(request.signal.reason);
    const over = () => {
      request.signal.removeEventListener("abort", end);
      leave();
    };
    request.signal.addEventListener("abort", end, { once: true });
    // It may have been just while this one waited for its turn.
    if (request.signal.aborted) end();
    const { options, connections } = this.#parts;
    const silence = new RemoteError(
      "timeout",
      `${subject} did not answer within ${options.headersSeconds} s`,
    );
    let timer: NodeJS.Timeout | undefined;
    try {
      // What we load and read ourselves before the first request is no silence of theirs.
      const dispatcher = await connections.dispatcherFor(request.url);
      timer = setTimeout(() => ending.abort(silence), options.headersSeconds * 1000);
      return await this.#exchange(request, dispatcher, ending.signal, over);
    } catch (cause) {
      over();
      throw failureOf(cause, subject, ending.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(
    request: HttpRequest,
    dispatcher: Dispatcher,
    signal: AbortSignal,
    over: () => void,
  ): Promise<HttpAnswer> {
    const { url, method, headers, body } = request;
    const answer = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { "user-agent": "berth", "accept-encoding": "identity", ...headers },
      body: body ?? null,
      signal,
      bodyTimeout: this.#parts.options.inactivitySeconds * 1000,
    });
    const given = headersOf(answer.headers);
    const size = lengthOf(given.get("content-length"));
    const fail = (cause: unknown) => failureOf(cause, url.host, signal);
    const bytes = method === "HEAD" ? undefined : size;
    const promised = promisedBody(answer.body, { bytes, subject: url.host, failureOf: fail, over });
    return { url, status: answer.statusCode, headers: given, size, body: promised };
  }

  async #enter({ kind, signal, url }: HttpRequest): Promise<() => void> {
    try {
      signal.throwIfAborted();
      return kind === "urgent" ? () => undefined : await this.#parts.limits.enter(kind, signal);
    } catch (cause) {
      const failure = failureOf(cause, url.host, signal);
      if (!(failure instanceof RemoteError) || failure.failure !== "timeout") throw failure;
      throw new RemoteError("busy", `no turn came to ask ${url.host}: maxConnections, requestsPerSecond`, {
        cause,
      });
    }
  }
}

function headersOf(headers: Readonly<Record<string, string | string[] | undefined>>): Map<string, string> {
  return new Map(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

function lengthOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
