// Why a bucket can't be used → one sentence that says which setting helps. For the start and for `berth doctor storage`.
import { StorageError } from "../../storage-error.ts";
import { S3Failure } from "./bucket/s3-failure.ts";
import type { S3Options } from "./s3-options.ts";

/** What is wrong, and which setting helps. */
export function reasonOf(error: unknown, options: S3Options): string {
  const failure = error instanceof StorageError && error.cause instanceof S3Failure ? error.cause : error;
  if (!(failure instanceof S3Failure)) return failure instanceof Error ? failure.message : String(failure);
  return (
    placeReason(failure, options) ??
    rightsReason(failure, options) ??
    connectionReason(failure, options) ??
    strangerReason(failure, options)
  );
}

function whereOf({ endpoint, region }: S3Options): string {
  return endpoint ?? `AWS in ${region}`;
}

function placeReason(failure: S3Failure, options: S3Options): string | undefined {
  const { bucket, region } = options;
  const missing = hasCode(failure, "NoSuchBucket", "NotFound");
  if (missing && bucket !== bucket.toLowerCase())
    return `there is no bucket of that name at ${whereOf(options)}, and no bucket's name has capitals. Correct bucket.`;
  if (missing)
    return `there is no bucket of that name at ${whereOf(options)}. Create it, or correct bucket or endpoint.`;
  if (hasCode(failure, "InvalidBucketName"))
    return "that is no name that a bucket may have. Correct bucket: it is the name alone, without s3:// or a path.";
  const elsewhere = ["AuthorizationHeaderMalformed", "IllegalLocationConstraintException"];
  if (failure.status === 301 || hasCode(failure, "PermanentRedirect", ...elsewhere))
    return `it is not in the region ${region} (${failure.message}). Correct region.`;
  if (failure.message.includes("Region not accepted"))
    return `${region} is no name of a region. Correct region.`;
  return undefined;
}

function rightsReason(failure: S3Failure, options: S3Options): string | undefined {
  const { credentials } = options;
  const file = credentials.kind === "file" ? credentials.path : undefined;
  if (hasCode(failure, "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken")) {
    const keys =
      file === undefined ? "accessKeyId and secretAccessKey" : `the keys in the credentialsFile ${file}`;
    return `${whereOf(options)} does not accept the credentials (${failure.code}). Correct ${keys}.`;
  }
  if (hasCode(failure, "CredentialsProviderError"))
    return "no credentials were found. Give credentials, or the environment variables of AWS.";
  if (failure.cause instanceof StorageError) return failure.cause.message;
  if (hasCode(failure, "AccessDenied", "Forbidden"))
    return `the credentials may not write, read, list or delete there (${failure.message}).`;
  return undefined;
}

const unanswered = [
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "TimeoutError",
  "AbortError",
];

function connectionReason(failure: S3Failure, options: S3Options): string | undefined {
  const where = whereOf(options);
  if (hasCode(failure, "ENOTFOUND", "EAI_AGAIN"))
    return `the host of the endpoint ${where} is not known${hostHint(failure, options.bucket)}. Correct endpoint.`;
  if (hasCode(failure, ...unanswered))
    return `nothing answers at ${where} (${failure.code}). Correct endpoint, or start what should be there.`;
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(failure.code))
    return `the certificate of ${where} is not trusted (${failure.code}). Give its authority as ca.`;
  if (hasCode(failure, "EPROTO") || /^ERR_SSL/.test(failure.code))
    return `${where} does not speak TLS. Correct endpoint, whose address may begin with http://.`;
  return undefined;
}

/** What no S3 would say: most likely a proxy, or another service, is in its place. */
function strangerReason({ code, status, message }: S3Failure, options: S3Options): string {
  if (code !== "Unknown" || status === undefined) return message;
  return `${whereOf(options)} answers with ${status} and not as S3 does. Correct endpoint, and see what stands in front of it.`;
}

/** Where the bucket became part of a name that nobody knows. */
function hostHint({ message }: S3Failure, bucket: string): string {
  return message.includes(`${bucket}.`)
    ? ", with the bucket in it; forcePathStyle puts it into the path"
    : "";
}

function hasCode({ code }: S3Failure, ...codes: readonly string[]): boolean {
  return codes.includes(code);
}
