// What an S3 endpoint answers when it does not do what was asked, in the two questions that matter: is it worth trying
// again, and which refusal is it. Apart because dialects differ in words and status, and are sorted out here alone.

/** A refusal, or no answer at all; `cause` is the SDK's own error. */
export class S3Failure extends Error {
  /** As in the `<Code>` of the answer; for no answer the system's code or the name of the error. */
  readonly code: string;
  readonly status: number | undefined;

  constructor(operation: string, code: string, status: number | undefined, cause: unknown) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    super(`S3 ${operation} failed${status === undefined ? "" : ` with ${status}`}: ${code}: ${detail}`, {
      cause,
    });
    this.name = "S3Failure";
    this.code = code;
    this.status = status;
  }
}

export function s3FailureOf(operation: string, error: unknown): S3Failure {
  if (error instanceof S3Failure) return error;
  const status = statusOf(error);
  return new S3Failure(operation, codeOf(error, status), status, error);
}

const transientCodes = new Set([
  "SlowDown",
  "ServiceUnavailable",
  "InternalError",
  "InternalServerError",
  "RequestTimeout",
  "RequestTimeTooSkewed",
  "ThrottlingException",
  "Throttling",
  "TooManyRequests",
  "BadDigest",
  "IncompleteBody",
  "OperationAborted",
  "TimeoutError",
  "AbortError",
  "XMinioServerNotInitialized",
]);
const transientSystemCodes =
  /^(?:ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|HPE_|ERR_STREAM_PREMATURE_CLOSE)/;
const keyCodes = new Set([
  "ExpiredToken",
  "InvalidToken",
  "TokenRefreshRequired",
  "CredentialsProviderError",
]);
const fullCodes = new Set(["QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge"]);

/** Whether the same request may succeed a moment later. */
export function isTransient({ code, status, cause }: S3Failure): boolean {
  if (isFull(code, status) || isUnsupported({ code, status })) return false;
  if (transientCodes.has(code) || transientSystemCodes.test(code)) return true;
  if (status !== undefined && (status >= 500 || status === 429 || status === 408)) return true;
  // An answer that broke off halfway can't be parsed, and has no code.
  return status === undefined && cause instanceof Error && /socket hang up|aborted|EOF/.test(cause.message);
}

/** A dialect that does not know an operation, or an option of it. */
export function isUnsupported({ code, status }: Pick<S3Failure, "code" | "status">): boolean {
  return status === 501 || status === 405 || code === "NotImplemented" || code === "MethodNotAllowed";
}

/** Something is the matter with the keys, with what they may do, or with where they come from. */
export function isForbidden({ code, status }: S3Failure): boolean {
  return status === 401 || status === 403 || keyCodes.has(code);
}

export function isNoRoom({ code, status }: S3Failure): boolean {
  return isFull(code, status);
}

export function isAbsence(error: unknown): boolean {
  return error instanceof S3Failure && (error.code === "NoSuchKey" || error.code === "NotFound");
}

export function hasS3Code(error: unknown, ...codes: readonly string[]): error is S3Failure {
  return error instanceof S3Failure && codes.includes(error.code);
}

function isFull(code: string, status: number | undefined): boolean {
  return status === 507 || fullCodes.has(code);
}

function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

function codeOf(error: unknown, status: number | undefined): string {
  if (!(error instanceof Error)) return "Unknown";
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // The connection may also die in the middle of an answer that began with a status.
  return code !== undefined && (status === undefined || transientSystemCodes.test(code)) ? code : error.name;
}
