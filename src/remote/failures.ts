// From what happened to its class: errors of sockets, TLS and undici, and statuses. The one place that decides it.
import { RemoteError, type RemoteFailure } from "./remote-error.ts";

const absentCodes = new Set(["NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NAME_INVALID"]);

/**
 * @param subject who failed, such as a host, for the message
 * @returns a RemoteError; the signal's own reason when its owner left, which says nothing of the upstream
 */
export function failureOf(cause: unknown, subject: string, signal?: AbortSignal): Error {
  if (cause instanceof RemoteError) return cause;
  if (signal?.aborted) return leaving(signal.reason, subject);
  const code = codeOf(cause);
  const failure = classOf(code);
  return new RemoteError(failure, `${subject}: ${wordsOf[failure] ?? "failed"}${code && ` (${code})`}`, {
    cause,
  });
}

/** A deadline is the upstream's failure; anything else is somebody who left. */
function leaving(reason: unknown, subject: string): Error {
  if (reason instanceof RemoteError) return reason;
  if (reason instanceof Error && reason.name !== "TimeoutError") return reason;
  return new RemoteError("timeout", `${subject} did not answer in time`, { cause: reason });
}

const wordsOf: Partial<Record<RemoteFailure, string>> = {
  dns: "its name does not resolve",
  tls: "TLS fails",
  timeout: "it fell silent",
  connection: "the connection failed",
  failing: "it does not speak HTTP as it should",
};

const tlsCode =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|ERR_OSSL|EPROTO$|UND_ERR_PRX_TLS$)/;
const dnsCode = /^(?:ENOTFOUND|EAI_)/;
const timeoutCode = /^(?:ETIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT)$/;
const nonsenseCode = /^(?:HPE_|UND_ERR_HEADERS_OVERFLOW$)/;

function classOf(code: string): RemoteFailure {
  if (tlsCode.test(code)) return "tls";
  if (dnsCode.test(code)) return "dns";
  if (timeoutCode.test(code)) return "timeout";
  if (nonsenseCode.test(code)) return "failing";
  return "connection";
}

/** Of the error, or of the first cause that has one: a connection tried at several addresses fails with all of theirs. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && code !== "") return code;
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error.cause];
  return codeOf(first);
}

/**
 * What a status that is no success means.
 * @param text the body where it is JSON of the spec, else empty: of it the error code alone is told on
 */
export function refusedStatus(
  subject: string,
  status: number,
  text: string,
  retryAfterSeconds: number | undefined,
): RemoteError {
  const code = errorCodeOf(text);
  const failure = classOfStatus(status, code);
  const message = `${subject} answered ${status}${code === "" ? "" : ` ${code}`}`;
  return new RemoteError(failure, message, { retryAfterSeconds });
}

function classOfStatus(status: number, code: string): RemoteFailure {
  if (status === 429 || code === "TOOMANYREQUESTS") return "rate-limited";
  if (status === 404 || status === 410 || (status < 500 && absentCodes.has(code))) return "absent";
  if (status === 401 || status === 403 || status === 451) return "refused";
  return "failing";
}

function errorCodeOf(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly { code?: unknown }[] };
    const code = errors?.[0]?.code;
    return typeof code === "string" && /^[A-Z_]{1,40}$/.test(code) ? code : "";
  } catch {
    return "";
  }
}

/** Retry-After in seconds, from seconds or a date (RFC 9110 §10.2.3); at most a day. */
export function retryAfterSeconds(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 0), 86_400);
}
