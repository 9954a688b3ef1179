// What can go wrong with somebody else's registry, by what follows from it: whether a cached answer may stand in, what
// the client is told (REQ-34), and whether another source may be asked.

export type RemoteFailure =
  /** The upstream says that there is no such thing (404). */
  | "absent"
  /** 401 or 403 after a fresh token: our credentials, or none, are not enough. Hub says so of what does not exist, too. */
  | "refused"
  /** 429. */
  | "rate-limited"
  /** A limit of our own (maxConnections, requestsPerSecond) left no time to ask: the upstream has no part in it. */
  | "busy"
  /** 5xx, or an answer that makes no sense. */
  | "failing"
  /** It does not resolve. */
  | "dns"
  | "tls"
  /** Refused, reset, or broken off. */
  | "connection"
  | "timeout"
  /** Content whose digest or length is not what was asked for. */
  | "corrupt";

/** Those after which nobody knows whether the upstream is there at all; any other is an answer of its, or our own doing. */
export const unanswered: ReadonlySet<RemoteFailure> = new Set(["dns", "tls", "connection", "timeout"]);

export interface RemoteErrorOptions extends ErrorOptions {
  /** From Retry-After, when the upstream said so. */
  readonly retryAfterSeconds?: number | undefined;
}

export class RemoteError extends Error {
  readonly failure: RemoteFailure;
  readonly retryAfterSeconds: number | undefined;

  /** @param message for the log: may name hosts, never credentials, tokens or query strings */
  constructor(failure: RemoteFailure, message: string, options: RemoteErrorOptions = {}) {
    super(message, options);
    this.name = "RemoteError";
    this.failure = failure;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
