// From options to a store in a bucket that was tried: whatever is wrong with the bucket, the credentials or the endpoint
// is said at the start, in one sentence, and not by the first push.
import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "../../storage-error.ts";
import { newUploadId } from "../upload-id.ts";
import { Attempts } from "./bucket/attempts.ts";
import { BucketListings } from "./bucket/bucket-listings.ts";
import { Circuit } from "./bucket/circuit.ts";
import { Presigner } from "./bucket/presigner.ts";
import { S3BlobStore } from "./s3-blob-store.ts";
import { S3Bucket } from "./bucket/s3-bucket.ts";
import { createS3Client } from "./bucket/s3-client.ts";
import { hasS3Code, S3Failure } from "./bucket/s3-failure.ts";
import { defaultPatience, type S3Options } from "./s3-options.ts";

/** @throws StorageError `unsuitable`, in a sentence that says which setting is wrong */
export async function openS3BlobStore(options: S3Options): Promise<S3BlobStore> {
  const patience = { ...defaultPatience, ...options.patience };
  const circuit = new Circuit(patience, Date.now);
  const attempts = new Attempts({ circuit, patience, random: Math.random, sleep });
  const bucket = new S3Bucket(
    createS3Client(options, patience, options.endpoint),
    attempts,
    patience,
    options,
  );
  const publicClient = createS3Client(options, patience, options.publicEndpoint ?? options.endpoint);
  const store = new S3BlobStore(bucket, new Presigner(publicClient, options), options, Date.now);
  try {
    await tryBucket(bucket);
    return store;
  } catch (error) {
    await store.close();
    const message = `The bucket ${options.bucket} cannot be used: ${reasonOf(error, options)}`;
    throw new StorageError("unsuitable", message, { cause: error });
  }
}

/** Writes, reads, lists and deletes; what it makes is removed again. */
async function tryBucket(bucket: S3Bucket): Promise<void> {
  const key = `probe/${newUploadId()}`;
  const content = Buffer.from(key);
  await bucket.put(key, { size: content.length, open: () => content });
  const listings = new BucketListings(bucket);
  try {
    const found = await bucket.get(key);
    const bytes = Buffer.concat(((await found?.stream.toArray()) ?? []) as Buffer[]);
    if (!bytes.equals(content)) throw new Error("what was written there reads differently");
    await listings.objects(key, new AbortController().signal)[Symbol.asyncIterator]().next();
  } finally {
    await listings.delete([key]);
  }
}

/** What is wrong, and which setting helps. */
export function reasonOf(error: unknown, { endpoint, region, bucket }: S3Options): string {
  const where = endpoint ?? `AWS in ${region}`;
  const failure = error instanceof StorageError && error.cause instanceof S3Failure ? error.cause : error;
  if (hasS3Code(failure, "NoSuchBucket", "NotFound"))
    return `there is no bucket of that name at ${where}. Create it, or correct bucket or endpoint.`;
  if (hasS3Code(failure, "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"))
    return `${where} does not accept the credentials (${failure.code}). Correct accessKeyId and secretAccessKey.`;
  if (hasS3Code(failure, "CredentialsProviderError"))
    return "no credentials were found. Give credentials, or the environment variables of AWS.";
  if (hasS3Code(failure, "AccessDenied", "Forbidden"))
    return `the credentials may not write, read, list or delete there (${failure.message}).`;
  if (
    hasS3Code(
      failure,
      "PermanentRedirect",
      "AuthorizationHeaderMalformed",
      "IllegalLocationConstraintException",
    )
  )
    return `it is not in the region ${region} (${failure.message}). Correct region.`;
  if (hasS3Code(failure, "ENOTFOUND", "EAI_AGAIN"))
    return `the host of the endpoint ${where} is not known${hostHint(failure, bucket)}. Correct endpoint.`;
  if (
    hasS3Code(
      failure,
      "ECONNREFUSED",
      "ECONNRESET",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "TimeoutError",
      "AbortError",
    )
  )
    return `nothing answers at ${where} (${failure.code}). Correct endpoint, or start what should be there.`;
  if (failure instanceof S3Failure && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(failure.code))
    return `the certificate of ${where} is not trusted (${failure.code}). Give its authority as ca.`;
  return failure instanceof Error ? failure.message : String(failure);
}

/** Where the bucket became part of a name that nobody knows. */
function hostHint({ message }: S3Failure, bucket: string): string {
  return message.includes(`${bucket}.`)
    ? ", with the bucket in it; forcePathStyle puts it into the path"
    : "";
}
