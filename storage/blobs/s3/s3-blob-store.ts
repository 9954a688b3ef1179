// The blob store in a bucket; s3-layout.ts has the drawing of what lies where, part-reception.ts and s3-publisher.ts
// that of the way in.
import { Digester } from "../../digest.ts";
import { boundlessRoom, type Room } from "../../disk-room.ts";
import type { BlobStore, UploadOptions } from "../blob-store.ts";
import { extentOf } from "../byte-range.ts";
import { LiveUploads } from "../live-uploads.ts";
import type { Quarantining } from "../quarantine-name.ts";
import type { BlobBody, ByteRange, Locator, QuarantinedObject, StoredObject } from "../stored-object.ts";
import { newUploadId, type UploadId } from "../upload-id.ts";
import type { UploadSession } from "../upload-session.ts";
import { BucketListings } from "./bucket/bucket-listings.ts";
import { copyOfUpload } from "./uploads/copy-upload.ts";
import { KnownUploads } from "./uploads/known-uploads.ts";
import { PartSlots } from "./uploads/part-slots.ts";
import type { Presigner } from "./bucket/presigner.ts";
import { openS3Body } from "./s3-body.ts";
import type { S3Bucket } from "./bucket/s3-bucket.ts";
import { blobKey, blobsPrefix, indexKey, locatorOf, quarantinePrefix, uploadIdOf } from "./s3-layout.ts";
import { placeOf, quarantineObject } from "./s3-quarantine.ts";
import type { S3Options } from "./s3-options.ts";
import { newUploadState, parseUploadState } from "./uploads/s3-upload-state.ts";
import { S3UploadSession } from "./uploads/s3-upload-session.ts";
import { Spool } from "./uploads/spool.ts";
import { removeStaleUploads } from "./uploads/stale-uploads.ts";
import type { UploadSurroundings } from "./uploads/upload-parts.ts";

const defaultPartsInFlight = 16;

export class S3BlobStore implements BlobStore {
  readonly persistent = true;
  readonly remote = true;
  readonly #bucket: S3Bucket;
  readonly #presigner: Presigner;
  readonly #uploads: UploadSurroundings;

  /**
   * @param now milliseconds
   * @param room is asked before what waits for the bucket goes to a disk here
   */
  constructor(
    bucket: S3Bucket,
    presigner: Presigner,
    options: S3Options,
    now: () => number,
    room: Room = boundlessRoom,
  ) {
    this.#bucket = bucket;
    this.#presigner = presigner;
    this.#uploads = {
      bucket,
      listings: new BucketListings(bucket),
      spool: new Spool(options.spoolDirectory, newUploadId, room),
      slots: new PartSlots(options.maxPartsInFlight ?? defaultPartsInFlight),
      live: new LiveUploads<Digester>(),
      known: new KnownUploads(now),
      plan: options,
    };
  }

  async stat(locator: Locator): Promise<{ readonly size: number } | undefined> {
    return uploadIdOf(locator) && (await this.#bucket.head(locator));
  }

  async read(locator: Locator, range?: ByteRange): Promise<BlobBody | undefined> {
    if (!uploadIdOf(locator)) return undefined;
    const extent = range && extentOf(Number.MAX_SAFE_INTEGER, range);
    return await openS3Body(this.#bucket, locator, { extent });
  }

  async startUpload({ algorithms }: UploadOptions): Promise<UploadSession> {
    const all = [...new Set(["sha256", ...algorithms] as const)];
    const upload = newUploadState(newUploadId(), all, new Digester(all).digests());
    this.#uploads.known.written(upload.id);
    return new S3UploadSession(this.#uploads, upload);
  }

  /** Asks nobody: what is gone is found out by the next append or commit. */
  async resumeUpload(state: string): Promise<UploadSession | undefined> {
    const upload = parseUploadState(state);
    if (!upload || this.#uploads.known.isOver(upload.id)) return undefined;
    return new S3UploadSession(this.#uploads, upload);
  }

  async copyUpload(state: string): Promise<UploadSession | undefined> {
    const upload = parseUploadState(state);
    if (!upload || this.#uploads.known.isOver(upload.id)) return undefined;
    const copy = await copyOfUpload(this.#uploads, upload, newUploadId());
    return copy && new S3UploadSession(this.#uploads, copy);
  }

  async delete(locators: readonly Locator[]): Promise<void> {
    const ids = locators.map(uploadIdOf).filter((id): id is UploadId => id !== undefined);
    await this.#uploads.listings.delete(ids.flatMap((id) => [blobKey(id), indexKey(id)]));
  }

  async *list(signal: AbortSignal): AsyncIterable<StoredObject> {
    for await (const { key, size, modifiedAt } of this.#uploads.listings.objects(blobsPrefix, signal)) {
      const id = uploadIdOf(key);
      if (id) yield { locator: locatorOf(id), size, modifiedAt };
    }
  }

  quarantine(locator: Locator, what: Quarantining): Promise<string | undefined> {
    return quarantineObject(this.#uploads, locator, what);
  }

  async *listQuarantine(signal: AbortSignal): AsyncIterable<QuarantinedObject> {
    for await (const { key, size } of this.#uploads.listings.objects(quarantinePrefix, signal)) {
      yield { place: placeOf(this.#bucket, key), size };
    }
  }

  async removeStaleUploads(before: Date, signal: AbortSignal): Promise<number> {
    return await removeStaleUploads(this.#uploads, before, signal);
  }

  async redirectUrl(locator: Locator, expirySeconds: number): Promise<string> {
    return await this.#presigner.urlOf(locator, expirySeconds);
  }

  async ping(): Promise<void> {
    await this.#bucket.ping();
  }

  async close(): Promise<void> {
    await this.#presigner.close();
    await this.#bucket.close();
  }
}
