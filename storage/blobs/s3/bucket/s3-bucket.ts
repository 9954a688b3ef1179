// The few operations on a bucket that the store is made of, tried again where that helps, with failures in our words.
// Listings and batches are in bucket-listings.ts. Keys are below the prefix, here and everywhere else.
import type { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { StorageError } from "../../../storage-error.ts";
import type { Extent } from "../../byte-range.ts";
import type { Attempts } from "./attempts.ts";
import { receivedFrom, rangeHeader, type ReceivedObject } from "./received-object.ts";
import { hasS3Code, isAbsence, isUnsupported, S3Failure } from "./s3-failure.ts";
import type { S3Encryption, S3Options, S3Patience } from "../s3-options.ts";

/** Bytes that can be sent as often as it takes. */
export interface Content {
  readonly size: number;
  open(): Readable | Buffer;
}

/** A multipart upload. */
export interface Multipart {
  readonly key: string;
  readonly uploadId: string;
}

/** One of its parts. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
}

export class S3Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly prefix: string;
  readonly #attempts: Attempts;
  readonly #patience: S3Patience;
  readonly #options: Pick<S3Options, "storageClass" | "serverSideEncryption">;

  constructor(client: S3Client, attempts: Attempts, patience: S3Patience, options: S3Options) {
    this.client = client;
    this.name = options.bucket;
    this.prefix = options.prefix ?? "";
    this.#attempts = attempts;
    this.#patience = patience;
    this.#options = options;
  }

  get attempts(): Attempts {
    return this.#attempts;
  }

  /** For an answer without much in it. */
  get answerMilliseconds(): number {
    return this.#patience.answerMilliseconds;
  }

  async put(key: string, content: Content): Promise<void> {
    await this.#send("PutObject", content, (body, abortSignal) =>
      this.client.send(new PutObjectCommand({ ...this.#at(key), ...this.#placement(), ...body }), {
        abortSignal,
      }),
    );
  }

  /** @param etag the version that must still be there. @throws RangeError when `extent` goes beyond the object */
  async get(key: string, extent?: Extent, etag?: string): Promise<ReceivedObject | undefined> {
    const where = { ...this.#at(key), ...rangeHeader(extent), ...(etag !== undefined && { IfMatch: etag }) };
    try {
      const answer = await this.#ask("GetObject", (abortSignal) =>
        this.client.send(new GetObjectCommand(where), { abortSignal }),
      );
      return receivedFrom(answer, extent);
    } catch (error) {
      if (isAbsence(error)) return undefined;
      if (hasS3Code(error, "InvalidRange"))
        throw new RangeError(`${key} has no such bytes`, { cause: error });
      throw error;
    }
  }

  async head(key: string): Promise<{ readonly size: number } | undefined> {
    try {
      const { ContentLength } = await this.#ask("HeadObject", (abortSignal) =>
        this.client.send(new HeadObjectCommand(this.#at(key)), { abortSignal }),
      );
      return { size: ContentLength ?? 0 };
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  async createMultipart(key: string): Promise<Multipart> {
    const { UploadId: uploadId } = await this.#ask("CreateMultipartUpload", (abortSignal) =>
      this.client.send(new CreateMultipartUploadCommand({ ...this.#at(key), ...this.#placement() }), {
        abortSignal,
      }),
    );
    if (uploadId === undefined) throw new Error("S3 CreateMultipartUpload answered without an UploadId");
    return { key, uploadId };
  }

  /** @throws StorageError `gone` when the multipart upload is over */
  async uploadPart(multipart: Multipart, number: number, content: Content): Promise<UploadedPart> {
    const { ETag } = await this.#send("UploadPart", content, (body, abortSignal) =>
      this.client.send(new UploadPartCommand({ ...this.#of(multipart), PartNumber: number, ...body }), {
        abortSignal,
      }),
    );
    return { number, etag: etagOf(ETag) };
  }

  /** A part that the endpoint copies by itself; undefined where it can't. */
  async copyPart(
    multipart: Multipart,
    number: number,
    key: string,
    { start, end }: Extent,
  ): Promise<UploadedPart | undefined> {
    const CopySource = encodeURI(`${this.name}/${this.prefix}${key}`);
    const what = { PartNumber: number, CopySource, CopySourceRange: `bytes=${start}-${end - 1}` };
    try {
      const { CopyPartResult } = await this.#attempts.run(
        "UploadPartCopy",
        this.#limit(end - start),
        (limit) =>
          this.client.send(new UploadPartCopyCommand({ ...this.#of(multipart), ...what }), {
            abortSignal: limit.signal,
          }),
      );
      return { number, etag: etagOf(CopyPartResult?.ETag) };
    } catch (error) {
      if (error instanceof S3Failure && isUnsupported(error)) return undefined;
      throw error;
    }
  }

  /**
   * Makes one object of the parts, all of `size` bytes together. Succeeds also when an earlier try did, whose answer was
   * lost.
   * @throws StorageError `gone` when the upload is over otherwise
   */
  async complete(multipart: Multipart, parts: readonly UploadedPart[], size: number): Promise<void> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    const command = { ...this.#of(multipart), MultipartUpload: { Parts } };
    try {
      await this.#attempts.run("CompleteMultipartUpload", this.#patience.completeMilliseconds, (limit) =>
        this.client.send(new CompleteMultipartUploadCommand(command), { abortSignal: limit.signal }),
      );
    } catch (error) {
      if (!hasS3Code(error, "NoSuchUpload")) throw error;
      const found = await this.head(multipart.key);
      if (found?.size !== size) throw gone(error);
    }
  }

  /** Succeeds when there is nothing to abort, and where nothing can be. */
  async abort(multipart: Multipart): Promise<void> {
    try {
      await this.#ask("AbortMultipartUpload", (abortSignal) =>
        this.client.send(new AbortMultipartUploadCommand(this.#of(multipart)), { abortSignal }),
      );
    } catch (error) {
      if (error instanceof S3Failure && (isUnsupported(error) || error.status === 404)) return;
      throw error;
    }
  }

  async ping(): Promise<void> {
    await this.#ask("HeadBucket", (abortSignal) =>
      this.client.send(new HeadBucketCommand({ Bucket: this.name }), { abortSignal }),
    );
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.name, Key: `${this.prefix}${key}` };
  }

  #of({ key, uploadId }: Multipart): { Bucket: string; Key: string; UploadId: string } {
    return { ...this.#at(key), UploadId: uploadId };
  }

  #placement() {
    const { storageClass, serverSideEncryption } = this.#options;
    return {
      ...(storageClass !== undefined && { StorageClass: storageClass as "STANDARD" }),
      ...encryptionHeaders(serverSideEncryption),
    };
  }

  #limit(bytes: number): number {
    const { answerMilliseconds, slowestBytesPerSecond } = this.#patience;
    return answerMilliseconds + (1000 * bytes) / slowestBytesPerSecond;
  }

  #ask<T>(operation: string, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#attempts.run(operation, this.#limit(0), ({ signal }) => request(signal));
  }

  /** Opens the body anew for each try. */
  async #send<T>(
    operation: string,
    content: Content,
    request: (body: SentBody, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#attempts.run(operation, this.#limit(content.size), async (limit) => {
        const Body = content.open();
        if (Buffer.isBuffer(Body)) return await request({ Body, ContentLength: content.size }, limit.signal);
        // What can't be read can't be sent; without a listener the error would be nobody's.
        let broken: Error | undefined;
        Body.on("error", (error) => limit.abort((broken = error)));
        try {
          return await request({ Body, ContentLength: content.size }, limit.signal);
        } catch (error) {
          throw broken ?? error;
        } finally {
          Body.destroy();
        }
      });
    } catch (error) {
      if (hasS3Code(error, "NoSuchUpload")) throw gone(error);
      throw error;
    }
  }
}

interface SentBody {
  readonly Body: Readable | Buffer;
  readonly ContentLength: number;
}

function gone(cause: unknown): StorageError {
  return new StorageError("gone", "the upload is over", { cause });
}

function etagOf(etag: string | undefined): string {
  if (etag === undefined) throw new Error("S3 took a part and answered without its ETag");
  return etag;
}

function encryptionHeaders(encryption: S3Encryption | undefined) {
  if (encryption === undefined) return {};
  const { algorithm } = encryption;
  const keyId = algorithm === "aws:kms" ? encryption.keyId : undefined;
  return { ServerSideEncryption: algorithm, ...(keyId !== undefined && { SSEKMSKeyId: keyId }) };
}
