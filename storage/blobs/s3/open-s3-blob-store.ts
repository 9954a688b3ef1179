// From options to a store in a bucket that was tried: whatever is wrong with the bucket, the credentials or the endpoint
// is said at the start, in one sentence, and not by the first push.
import { buffer } from "node:stream/consumers";
import { boundlessRoom, type Room } from "../../disk-room.ts";
import { isStorageError, StorageError } from "../../storage-error.ts";
import { newUploadId } from "../upload-id.ts";
import { BucketListings } from "./bucket/bucket-listings.ts";
import { connectBucket } from "./bucket/connect-bucket.ts";
import { S3Bucket } from "./bucket/s3-bucket.ts";
import { reasonOf } from "./reason-of.ts";
import { S3BlobStore } from "./s3-blob-store.ts";
import { openS3Body } from "./s3-body.ts";
import { defaultPatience, type S3Options, type S3Patience } from "./s3-options.ts";
import { Spool } from "./uploads/spool.ts";

const startAnswerMilliseconds = 5000;

/** @throws StorageError `unsuitable`, in a sentence that says which setting is wrong */
export async function openS3BlobStore(options: S3Options, room: Room = boundlessRoom): Promise<S3BlobStore> {
  const patience = { ...defaultPatience, ...options.patience };
  const { bucket, presigner } = connectBucket(options, patience);
  const store = new S3BlobStore(bucket, presigner, options, Date.now, room);
  try {
    await trySpool(options);
    await tryBucket(new S3Bucket(bucket.client, bucket.attempts, impatient(patience), options), options);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** At the start somebody is waiting for the sentence: an endpoint that takes connections and never answers is told soon. */
function impatient(patience: S3Patience): S3Patience {
  return { ...patience, answerMilliseconds: Math.min(patience.answerMilliseconds, startAnswerMilliseconds) };
}

/** A full disk passes: pulls and deletes must go on. */
async function trySpool({ spoolDirectory }: S3Options): Promise<void> {
  try {
    await new Spool(spoolDirectory, newUploadId).try();
  } catch (error) {
    if (isStorageError(error, "full")) return;
    const message = `The spoolDirectory ${spoolDirectory}, where parts wait for the bucket, cannot be written: ${messageOf(error)}. Correct spoolDirectory, or grant that.`;
    throw new StorageError("unsuitable", message, { cause: error });
  }
}

async function tryBucket(bucket: S3Bucket, options: S3Options): Promise<void> {
  try {
    await tryRequests(bucket);
  } catch (error) {
    const message = `The bucket ${options.bucket} cannot be used: ${reasonOf(error, options)}`;
    throw new StorageError("unsuitable", message, { cause: error });
  }
}

/** Writes, reads, lists and deletes; what it makes is removed again. */
async function tryRequests(bucket: S3Bucket): Promise<void> {
  const key = `probe/${newUploadId()}`;
  const content = Buffer.from(key);
  await bucket.put(key, { size: content.length, open: () => content });
  const listings = new BucketListings(bucket);
  try {
    const body = await openS3Body(bucket, key);
    if (!body || !(await buffer(body.stream())).equals(content))
      throw new Error("what was written there reads differently");
    await listings.objects(key, new AbortController().signal)[Symbol.asyncIterator]().next();
  } finally {
    await listings.delete([key]);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
