// What the sessions of one store share, and the moves on an upload's pieces in the bucket that more than one of append,
// commit, copy and abort makes.
import { buffer } from "node:stream/consumers";
import type { Digester } from "../../../digest.ts";
import { StorageError } from "../../../storage-error.ts";
import type { Extent } from "../../byte-range.ts";
import type { LiveUploads } from "../../live-uploads.ts";
import type { BucketListings } from "../bucket/bucket-listings.ts";
import type { KnownUploads } from "./known-uploads.ts";
import { planParts, type PartPlanOptions } from "./part-plan.ts";
import type { PartSlots } from "./part-slots.ts";
import type { Multipart, S3Bucket, UploadedPart } from "../bucket/s3-bucket.ts";
import { blobKey, etagsKey, indexKey, tailKey, tailSlots } from "../s3-layout.ts";
import { openS3Body } from "../s3-body.ts";
import { partCount, type S3UploadState, type Tail } from "./s3-upload-state.ts";
import type { PartFile, Spool } from "./spool.ts";

export interface UploadSurroundings {
  readonly bucket: S3Bucket;
  readonly listings: BucketListings;
  readonly spool: Spool;
  readonly slots: PartSlots;
  readonly live: LiveUploads<Digester>;
  readonly known: KnownUploads;
  readonly plan: PartPlanOptions;
}

export function multipartOf({ id, multipart }: S3UploadState): Multipart | undefined {
  return multipart && { key: blobKey(id), uploadId: multipart.uploadId };
}

/** `state` with a multipart upload. */
export async function ensureMultipart(
  { bucket, plan }: UploadSurroundings,
  state: S3UploadState,
  knownBytes: number | undefined,
): Promise<S3UploadState> {
  if (state.multipart) return state;
  const { uploadId } = await bucket.createMultipart(blobKey(state.id));
  return { ...state, multipart: { uploadId, plan: planParts(plan, knownBytes) } };
}

/** The part after the last, beginning with the upload's tail. @throws StorageError `gone` */
export async function startPart(
  { spool, bucket }: UploadSurroundings,
  { id, tail }: S3UploadState,
): Promise<PartFile> {
  const part = spool.startPart();
  if (!tail) return part;
  try {
    if (tail.kind === "inline") await part.append(contentOf(tail));
    else {
      const content = bytesOf(bucket, tailKey(id, tail.slot), { size: tail.bytes });
      for await (const chunk of content) await part.append(chunk);
    }
    await part.settle();
    return part;
  } catch (error) {
    await part.close();
    throw error;
  }
}

export function contentOf(tail: Extract<Tail, { kind: "inline" }>): Buffer {
  return Buffer.from(tail.content, "base64");
}

/** All parts that are final, in order. */
export async function finalParts(
  { bucket }: UploadSurroundings,
  state: S3UploadState,
): Promise<UploadedPart[]> {
  const spilled = Array.from({ length: state.spills }, async (_, number) => {
    return parseEtags(await buffer(bytesOf(bucket, etagsKey(state.id, number))));
  });
  const etags = [...(await Promise.all(spilled)).flat(), ...state.etags];
  if (etags.length !== partCount(state)) throw new StorageError("gone", "parts of the upload are gone");
  return etags.map((etag, index) => ({ number: index + 1, etag }));
}

/** Makes room in the state: the ETags that it holds become an object. */
export async function spillEtags(
  { bucket }: UploadSurroundings,
  state: S3UploadState,
): Promise<S3UploadState> {
  const content = Buffer.from(JSON.stringify(state.etags));
  await bucket.put(etagsKey(state.id, state.spills), { size: content.length, open: () => content });
  return { ...state, spills: state.spills + 1, spilledParts: partCount(state), etags: [] };
}

/** Removes all that lies in the bucket beside the object, as far as `state` and its likes can know. */
export async function removePieces({ listings }: UploadSurroundings, state: S3UploadState): Promise<void> {
  const tails = state.tailed ? tailSlots.map((slot) => tailKey(state.id, slot)) : [];
  const spills = Array.from({ length: state.spills }, (_, number) => etagsKey(state.id, number));
  await listings.delete([...tails, ...spills]);
}

/** Removes the multipart upload and all pieces. */
export async function discard(around: UploadSurroundings, state: S3UploadState): Promise<void> {
  const multipart = multipartOf(state);
  const aborted = multipart ? around.bucket.abort(multipart) : Promise.resolve();
  await allAtRest([aborted, removePieces(around, state)]);
}

/**
 * Removes, too, what a commit made that was broken off. Not of an upload that is `gone`: whoever took it over may be
 * copying its object.
 */
export async function erase(around: UploadSurroundings, state: S3UploadState): Promise<void> {
  const committed = [blobKey(state.id), indexKey(state.id)];
  await allAtRest([discard(around, state), around.listings.delete(committed)]);
}

/** As Promise.all, but the first failure is told only when nothing of the rest goes on: what it made can be removed. */
export async function allAtRest<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

/**
 * All bytes of an object that must be there, or those of `extent`.
 * @throws StorageError `gone` when it is not, or not of `size` bytes where that is told; `busy`
 */
export async function* bytesOf(
  bucket: S3Bucket,
  key: string,
  { size, extent }: { readonly size?: number; readonly extent?: Extent } = {},
): AsyncGenerator<Buffer> {
  const body = await openS3Body(bucket, key, { extent });
  if (!body || (size !== undefined && body.size !== size)) {
    await body?.close();
    throw new StorageError("gone", `${key} is gone, which the upload needs`);
  }
  yield* body.stream() as AsyncIterable<Buffer>;
}

function parseEtags(text: Buffer): string[] {
  return JSON.parse(text.toString()) as string[];
}
