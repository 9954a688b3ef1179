// Requests to one registry, from question to answer: authorization, redirects, refusals. Puts the parts together that
// each know one of these, and closes them.
import { setMaxListeners } from "node:events";
import { LRUCache } from "lru-cache";
import { Authorization } from "./authorization.ts";
import { discard, readWhole } from "./body.ts";
import { openCredentialSource } from "./credentials/open-credential-source.ts";
import { Connections } from "./dispatcher.ts";
import { Exchange, type HttpAnswer, type HttpRequest } from "./exchange.ts";
import { failureOf, refusedStatus, retryAfterSeconds } from "./failures.ts";
import { readRateLimit } from "./rate-limit.ts";
import { follow } from "./redirects.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteOptions } from "./remote-options.ts";
import type { RemoteRegistryParts } from "./remote-registry.ts";
import { RequestLimits } from "./request-limits.ts";
import { TokenEndpoint } from "./token-endpoint.ts";
import { TokenSource } from "./token-source.ts";
import type { RateLimit } from "./upstream.ts";

export interface RegistryRequest {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  /** The repository, which the token must be for; undefined: the registry itself. */
  readonly name: string | undefined;
  readonly signal: AbortSignal;
  readonly accept: string;
  readonly kind?: HttpRequest["kind"] | undefined;
  /** The header's value. */
  readonly range?: string | undefined;
  /** Statuses that are an answer; 200 unless given. All others are refusals. */
  readonly expected?: readonly number[] | undefined;
}

/** More of an error is not read (peers.md 4.0.7). */
const maxErrorBytes = 65_536;
const rememberedHosts = 100;

export class RegistryRequests {
  readonly #options: RemoteOptions;
  readonly #now: () => number;
  readonly #registry: URL;
  readonly #connections: Connections;
  readonly #exchange: Exchange;
  readonly #authorization: Authorization;
  readonly #closing = new AbortController();
  readonly #hosts = new LRUCache<string, true>({ max: rememberedHosts });
  #rateLimit: RateLimit | undefined;

  constructor(options: RemoteOptions, { now, random, environment }: RemoteRegistryParts) {
    this.#options = options;
    this.#now = now;
    // One for each token that is being fetched.
    setMaxListeners(0, this.#closing.signal);
    const registry = new URL(options.url);
    this.#registry = registry;
    const connections = new Connections(options, environment);
    this.#connections = connections;
    const exchange = new Exchange({ options, connections, limits: new RequestLimits(options), random });
    this.#exchange = exchange;
    const credentials = options.credentials && openCredentialSource(options.credentials, registry, { now });
    const rules = { registry, insecure: options.insecure };
    const endpoint = new TokenEndpoint({ exchange, rules, credentials, now });
    const tokens = new TokenSource({
      fetch: (challenge, scope, signal) => endpoint.fetch(challenge, scope, signal),
      now,
      closing: this.#closing.signal,
    });
    this.#authorization = new Authorization({ registry, credentials, tokens });
  }

  /** @throws RemoteError for every answer that is not `expected`; the signal's reason when whoever asked left */
  async send(request: RegistryRequest): Promise<HttpAnswer> {
    const { name, signal, expected = [200] } = request;
    try {
      const send = (authorization: string | undefined) => this.#follow(request, authorization);
      const answer = await this.#authorization.ask(name, signal, send);
      if (!expected.includes(answer.status)) throw await this.#refusal(answer);
      checkEncoding(answer);
      return answer;
    } catch (cause) {
      throw failureOf(cause, this.#registry.host, signal);
    }
  }

  rateLimit(): RateLimit | undefined {
    return this.#rateLimit;
  }

  redirectHosts(): string[] {
    return [...this.#hosts.keys()].reverse();
  }

  async close(): Promise<void> {
    this.#closing.abort(new RemoteError("connection", "the connections to this upstream are closed"));
    await this.#connections.close();
  }

  async #follow(
    { method, url, signal, accept, kind = "question", range }: RegistryRequest,
    authorization: string | undefined,
  ): Promise<HttpAnswer> {
    const headers: Record<string, string> = { accept };
    if (range !== undefined) headers["range"] = range;
    // A listing that was redirected has its next page where it was redirected to.
    const isOwn = url.origin === this.#registry.origin;
    if (authorization !== undefined && isOwn) headers["authorization"] = authorization;
    const request: HttpRequest = { method, url, headers, kind, signal };
    const onHost = (host: string) => this.#hosts.set(host, true);
    const answer = await follow(this.#exchange, request, { insecure: this.#options.insecure, onHost });
    if (answer.url.origin === this.#registry.origin) {
      this.#rateLimit = readRateLimit(answer.headers, this.#now()) ?? this.#rateLimit;
    }
    return answer;
  }

  async #refusal(answer: HttpAnswer): Promise<RemoteError> {
    const { status, url, headers } = answer;
    const text = await readError(answer);
    const retryAfter = retryAfterSeconds(headers.get("retry-after"), this.#now());
    // Where a redirect led nobody saw credentials of ours: they are not what is wrong.
    if (url.origin !== this.#registry.origin && (status === 401 || status === 403)) {
      return new RemoteError(
        "failing",
        `${url.host}, where ${this.#registry.host} redirects to, answered ${status}`,
      );
    }
    return refusedStatus(url.host, status, text, retryAfter);
  }
}

async function readError({ headers, body, size, url }: HttpAnswer): Promise<string> {
  if (!/\bjson\b/.test(headers.get("content-type") ?? "") || (size ?? 0) > maxErrorBytes) {
    discard(body, size);
    return "";
  }
  return await readWhole(body, maxErrorBytes, url.host).then(
    (bytes) => bytes.toString("utf8"),
    () => "",
  );
}

/** Bytes are kept and served as they are: what was encoded on the way is not what the digest is of. */
function checkEncoding({ headers, body, url }: HttpAnswer): void {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return;
  body.destroy();
  throw new RemoteError(
    "failing",
    `${url.host} encodes its answers (Content-Encoding) although asked not to`,
  );
}
