// Every refusal by the caller's fault, in one table: what went wrong → the spec's code, the status and the sentence.
// Thrown anywhere in src/, written only by http/middleware/error-response.ts.

interface Row {
  /** One of the spec's codes; UNKNOWN and UNAVAILABLE are CNCF Distribution's, and clients retry on them. */
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

// A row is a line: that is how a table is read.
// prettier-ignore
const table = {
  blobUnknown: { code: "BLOB_UNKNOWN", status: 404, message: "this repository has no such blob" },
  blobNeeded: { code: "DENIED", status: 405, message: "a manifest of this repository needs the blob: delete that manifest first" },
  rangeUnsatisfiable: { code: "SIZE_INVALID", status: 416, message: "the range lies beyond the end of the blob" },

  uploadUnknown: { code: "BLOB_UPLOAD_UNKNOWN", status: 404, message: "no such upload session: it was closed or has expired; start a new one" },
  uploadOutOfOrder: { code: "BLOB_UPLOAD_INVALID", status: 416, message: "the chunk does not begin where the upload stands: go on from the Range header" },
  uploadLengthMismatch: { code: "BLOB_UPLOAD_INVALID", status: 416, message: "the body is not as long as Content-Range says; nothing was kept of it" },
  uploadBeingWritten: { code: "BLOB_UPLOAD_INVALID", status: 416, message: "another request is writing to this upload session" },
  uploadInUse: { code: "BLOB_UPLOAD_INVALID", status: 409, message: "another request is writing to this upload session: end it first" },
  uploadInterrupted: { code: "BLOB_UPLOAD_INVALID", status: 400, message: "the body broke off; what arrived is kept" },
  contentRangeInvalid: { code: "BLOB_UPLOAD_INVALID", status: 400, message: "Content-Range must be <first byte>-<last byte>" },

  digestInvalid: { code: "DIGEST_INVALID", status: 400, message: "not a digest: expected sha256:<64 hex> or sha512:<128 hex>, in lower case" },
  digestMissing: { code: "DIGEST_INVALID", status: 400, message: "the digest parameter is missing" },
  digestMismatch: { code: "DIGEST_INVALID", status: 400, message: "the content does not have this digest" },
  algorithmUnsupported: { code: "DIGEST_INVALID", status: 400, message: "digest-algorithm must be sha256 or sha512" },

  manifestUnknown: { code: "MANIFEST_UNKNOWN", status: 404, message: "this repository has no such manifest" },
  manifestInvalid: { code: "MANIFEST_INVALID", status: 400, message: "the manifest is not valid" },
  manifestTooLarge: { code: "SIZE_INVALID", status: 413, message: "the manifest is larger than this registry accepts" },
  manifestReferenceUnknown: { code: "MANIFEST_BLOB_UNKNOWN", status: 404, message: "the manifest names content that this repository does not have: push it first" },
  manifestNeeded: { code: "DENIED", status: 405, message: "an index of this repository lists the manifest: delete that index first" },
  tagImmutable: { code: "DENIED", status: 409, message: "the tag is immutable" },
  tagUnknown: { code: "MANIFEST_UNKNOWN", status: 404, message: "nothing is known of such a tag, or not that it ever pointed there" },
  tagOccupied: { code: "DENIED", status: 409, message: "the tag is there: name the digest that it shall be moved to" },
  manifestCollected: { code: "MANIFEST_UNKNOWN", status: 404, message: "the manifest is gone, deleted by its digest or collected after the grace: push it again" },
  preconditionFailed: { code: "DENIED", status: 412, message: "the condition of If-Match or If-None-Match does not hold" },
  tooManyTags: { code: "UNSUPPORTED", status: 414, message: "too many tag parameters" },

  nameInvalid: { code: "NAME_INVALID", status: 400, message: "not a repository name: expected lower-case components joined by /" },
  nameUnknown: { code: "NAME_UNKNOWN", status: 404, message: "no such repository" },
  tagInvalid: { code: "MANIFEST_INVALID", status: 400, message: "not a tag: expected up to 128 letters, digits and . _ -, not beginning with . or -" },
  pageSizeInvalid: { code: "UNSUPPORTED", status: 400, message: "n must be a whole number, 0 or more" },

  unauthorized: { code: "UNAUTHORIZED", status: 401, message: "authentication required" },
  tooManyAttempts: { code: "TOOMANYREQUESTS", status: 429, message: "too many logins at once, or too many that failed: try again later" },
  denied: { code: "DENIED", status: 403, message: "not allowed" },
  overQuota: { code: "DENIED", status: 403, message: "over the quota" },

  mirrorReadOnly: { code: "UNSUPPORTED", status: 405, message: "this repository mirrors an upstream and can't be pushed to or deleted from: push to a repository of your own" },
  upstreamUnknown: { code: "NAME_UNKNOWN", status: 404, message: "this registry does not mirror that" },
  upstreamLimited: { code: "TOOMANYREQUESTS", status: 429, message: "the upstream registry limits how much is pulled from it: try again later" },
  upstreamRefused: { code: "UNAVAILABLE", status: 502, message: "upstream credentials rejected: the upstream registry refuses what this mirror shows it" },
  upstreamFailed: { code: "UNAVAILABLE", status: 502, message: "the upstream registry can't be reached or fails, and this is not cached" },
  upstreamSilent: { code: "UNAVAILABLE", status: 504, message: "the upstream registry did not answer in time, and this is not cached" },

  cachedUnknown: { code: "NAME_UNKNOWN", status: 404, message: "no such cached image, pin or preload" },

  accountUnknown: { code: "NAME_UNKNOWN", status: 404, message: "no such account, project, group, member or secret" },
  nameTaken: { code: "DENIED", status: 409, message: "the name is taken" },
  stillNeeded: { code: "DENIED", status: 409, message: "something else depends on it" },
  inputInvalid: { code: "UNSUPPORTED", status: 400, message: "what the request asks for can't be accepted" },
  bodyTooLarge: { code: "SIZE_INVALID", status: 413, message: "the body is larger than this address accepts" },

  routeUnknown: { code: "UNSUPPORTED", status: 404, message: "no such address here: registry paths begin with /v2/, those of the admin API with /api/v1/" },
  methodUnsupported: { code: "UNSUPPORTED", status: 405, message: "this method is not supported here" },
  tlsRequired: { code: "UNSUPPORTED", status: 400, message: "this port speaks HTTPS: use https:// in place of http://" },
  requestInvalid: { code: "UNSUPPORTED", status: 400, message: "the request could not be understood" },

  // Not 507: of answers from 500 on docker, skopeo and podman show their user the status alone, and docker tries each layer
  // five times more, for a minute. Not 403 either, which clients take for a matter of logging in.
  storageFull: { code: "DENIED", status: 413, message: "storage full: ask the operator to free or add space, then push again" },
  busy: { code: "UNAVAILABLE", status: 503, message: "the registry is busy: try again" },
  internal: { code: "UNKNOWN", status: 500, message: "the registry failed; its log has the reason under this request id" },
} as const satisfies Record<string, Row>;

export type OciErrorKind = keyof typeof table;

export interface OciErrorOptions extends ErrorOptions {
  /** What exactly: the digest, the field, the range. Becomes `detail` in the body. */
  readonly detail?: unknown;
  /** Headers that the answer must carry, such as Location and Range on a 416. */
  readonly headers?: Readonly<Record<string, string>>;
}

export class OciError extends Error {
  readonly kind: OciErrorKind;
  readonly code: string;
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(kind: OciErrorKind, options: OciErrorOptions = {}) {
    super(table[kind].message, options);
    this.name = "OciError";
    this.kind = kind;
    this.code = table[kind].code;
    this.status = table[kind].status;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}
