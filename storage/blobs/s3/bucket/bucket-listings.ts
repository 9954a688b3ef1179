// What is in a bucket, page by page, and removing much of it at once. Apart from S3Bucket because no push and no pull
// comes here.
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListPartsCommand,
} from "@aws-sdk/client-s3";
import type { Multipart, S3Bucket } from "./s3-bucket.ts";
import { isAbsence, isUnsupported, S3Failure } from "./s3-failure.ts";

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

interface ListingMarker {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

const batch = 1000;
/** Pages and batches of a thousand take longer than a question about one object. */
const patienceFactor = 2;

export class BucketListings {
  readonly #bucket: S3Bucket;
  /** Until an endpoint turns out not to know DeleteObjects. */
  #batches = true;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  /** Objects below `prefix`, in no particular order. */
  async *objects(prefix: string, signal: AbortSignal): AsyncIterable<ListedObject> {
    const { client, name: Bucket, prefix: ours } = this.#bucket;
    let token: string | undefined;
    do {
      signal.throwIfAborted();
      const from = {
        Bucket,
        Prefix: `${ours}${prefix}`,
        ...(token !== undefined && { ContinuationToken: token }),
      };
      const page = await this.#ask("ListObjectsV2", (abortSignal) =>
        client.send(new ListObjectsV2Command(from), { abortSignal }),
      );
      for (const { Key, Size = 0, LastModified = new Date() } of page.Contents ?? []) {
        signal.throwIfAborted();
        if (Key !== undefined) yield { key: Key.slice(ours.length), size: Size, modifiedAt: LastModified };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Unfinished multipart uploads below `prefix`; none where the endpoint does not tell. */
  async *multiparts(
    prefix: string,
    signal: AbortSignal,
  ): AsyncIterable<Multipart & { readonly initiatedAt: Date }> {
    const { client, name: Bucket, prefix: ours } = this.#bucket;
    let from: ListingMarker | undefined = {};
    while (from) {
      signal.throwIfAborted();
      const where: ListMultipartUploadsCommandInput = { Bucket, Prefix: `${ours}${prefix}`, ...from };
      const page: ListMultipartUploadsCommandOutput | undefined = await ignoreUnsupported(
        this.#ask("ListMultipartUploads", (abortSignal) =>
          client.send(new ListMultipartUploadsCommand(where), { abortSignal }),
        ),
      );
      for (const { Key, UploadId, Initiated = new Date() } of page?.Uploads ?? []) {
        if (Key !== undefined && UploadId !== undefined)
          yield { key: Key.slice(ours.length), uploadId: UploadId, initiatedAt: Initiated };
      }
      // Without a marker the first page would come again, and again.
      from =
        page?.IsTruncated && page.NextKeyMarker
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker ?? "" }
          : undefined;
    }
  }

  /** Whether a part came in since `date`. */
  async wasWrittenSince({ key, uploadId }: Multipart, date: Date, signal: AbortSignal): Promise<boolean> {
    const { client, name: Bucket, prefix } = this.#bucket;
    let marker: string | undefined;
    do {
      signal.throwIfAborted();
      const where = { Bucket, Key: `${prefix}${key}`, UploadId: uploadId };
      const page = await ignoreUnsupported(
        this.#ask("ListParts", (abortSignal) =>
          client.send(
            new ListPartsCommand({ ...where, ...(marker !== undefined && { PartNumberMarker: marker }) }),
            {
              abortSignal,
            },
          ),
        ),
      );
      if (page?.Parts?.some(({ LastModified }) => LastModified !== undefined && LastModified >= date))
        return true;
      marker = page?.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return false;
  }

  /** Succeeds for what is absent, too. */
  async delete(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += batch) {
      const some = keys.slice(start, start + batch);
      if (!(await this.#deleteBatch(some))) await this.#deleteSingly(some);
    }
  }

  async #deleteBatch(keys: readonly string[]): Promise<boolean> {
    if (!this.#batches || keys.length === 1) return false;
    const { client, name: Bucket, prefix } = this.#bucket;
    const Delete = { Objects: keys.map((key) => ({ Key: `${prefix}${key}` })), Quiet: true };
    try {
      const { Errors = [] } = await this.#ask("DeleteObjects", (abortSignal) =>
        client.send(new DeleteObjectsCommand({ Bucket, Delete }), { abortSignal }),
      );
      // Whatever is wrong with one of them, deleting it alone tells.
      return Errors.length === 0;
    } catch (error) {
      // Not known, or known with another checksum than the SDK's: either way one by one does.
      if (!(error instanceof S3Failure) || error.status === 403) throw error;
      this.#batches = false;
      return false;
    }
  }

  async #deleteSingly(keys: readonly string[]): Promise<void> {
    const { client, name: Bucket, prefix } = this.#bucket;
    for (const key of keys) {
      const what = { Bucket, Key: `${prefix}${key}` };
      try {
        await this.#ask("DeleteObject", (abortSignal) =>
          client.send(new DeleteObjectCommand(what), { abortSignal }),
        );
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    }
  }

  #ask<T>(operation: string, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = patienceFactor * this.#bucket.answerMilliseconds;
    return this.#bucket.attempts.run(operation, limit, ({ signal }) => request(signal));
  }
}

async function ignoreUnsupported<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof S3Failure && (isUnsupported(error) || error.status === 404)) return undefined;
    throw error;
  }
}
