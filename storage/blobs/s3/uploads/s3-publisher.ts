// Commit, seen from the bucket: at a cost that does not depend on the size of the blob, and without a copy of it.
//
//   small      PutObject blobs/<id> beside PutObject index/<id>         ┐
//   otherwise  CompleteMultipartUpload ─▶ PutObject index/<id>          ┴─▶ resolved
//
// A crash leaves the upload as it was, or an object that no row knows. What a failure leaves the session erases.
import { algorithmOf, Digester, type Digest } from "../../../digest.ts";
import { StorageError } from "../../../storage-error.ts";
import type { CommittedObject } from "../../upload-session.ts";
import type { ClosingPart } from "./part-reception.ts";
import type { Content, Multipart, UploadedPart } from "../bucket/s3-bucket.ts";
import { hasS3Code } from "../bucket/s3-failure.ts";
import { blobKey, indexKey, locatorOf } from "../s3-layout.ts";
import { partCount, type S3UploadState } from "./s3-upload-state.ts";
import type { PartFile } from "./spool.ts";
import {
  allAtRest,
  bytesOf,
  finalParts,
  multipartOf,
  removePieces,
  startPart,
  type UploadSurroundings,
} from "./upload-parts.ts";

export interface Publication {
  readonly state: S3UploadState;
  /** The part after the last and the end of the upload, when its bytes are still here. */
  readonly closing: ClosingPart | undefined;
  readonly digest: Digest;
}

/** @throws StorageError `digest`, `gone`, `full`; `busy` when the bucket does not answer, and then it may be tried again */
export async function publish(
  around: UploadSurroundings,
  publication: Publication,
): Promise<CommittedObject> {
  const { state, closing, digest } = publication;
  const size = closing?.end ?? state.offset;
  const known = (closing?.digests ?? state.digests)[algorithmOf(digest)];
  if (known && known !== digest) throw wrong(digest);
  if (partCount(state) === 0 && !endsWithSentPart(publication))
    await publishWhole(around, publication, known);
  else await publishParts(around, publication, size, known);
  // The commit is done; what can't be removed now goes with the stale uploads.
  await removePieces(around, state).catch(() => undefined);
  return { locator: locatorOf(state.id), size };
}

/** Whether the tail lies in the bucket as a part already, so that a close sends and reads nothing. */
function endsWithSentPart({ state: { tail }, closing }: Publication): boolean {
  return !closing && tail?.kind === "object" && tail.etag !== undefined;
}

/** All of it in one request. */
async function publishWhole(
  around: UploadSurroundings,
  { state, closing, digest }: Publication,
  known: Digest | undefined,
): Promise<void> {
  const { bucket } = around;
  await withTail(around, state, closing, async (content) => {
    if (!known) await verify(content.chunks(), digest);
    await allAtRest([bucket.put(blobKey(state.id), content), putIndex(around, state, digest)]);
  });
  const multipart = multipartOf(state);
  if (multipart) await bucket.abort(multipart).catch(() => undefined);
}

async function publishParts(
  around: UploadSurroundings,
  { state, closing, digest }: Publication,
  size: number,
  known: Digest | undefined,
): Promise<void> {
  const { bucket } = around;
  const multipart = multipartOf(state);
  if (!multipart) throw new StorageError("gone", "the upload is over");
  const parts = await finalParts(around, state);
  const number = parts.length + 1;
  const sendTail = async (): Promise<UploadedPart[]> =>
    withTail(around, state, closing, async (content) =>
      content.size > 0 ? [await bucket.uploadPart(multipart, number, content)] : [],
    );
  const { tail } = state;
  const sent =
    !closing && tail?.kind === "object" && tail.etag !== undefined
      ? [{ number, etag: tail.etag }]
      : undefined;
  await completeWith(around, multipart, { parts, sent, sendTail, size });
  if (!known) await verify(bytesOf(bucket, multipart.key, { size }), digest);
  await putIndex(around, state, digest);
}

interface Completion {
  readonly parts: readonly UploadedPart[];
  readonly sent: readonly UploadedPart[] | undefined;
  readonly sendTail: () => Promise<readonly UploadedPart[]>;
  readonly size: number;
}

async function completeWith(
  { bucket }: UploadSurroundings,
  multipart: Multipart,
  { parts, sent, sendTail, size }: Completion,
): Promise<void> {
  try {
    await bucket.complete(multipart, [...parts, ...(sent ?? (await sendTail()))], size);
  } catch (error) {
    // The part was written over by an append that no row remembers; the tail itself is safe.
    if (!sent || !hasS3Code(error, "InvalidPart")) throw error;
    await bucket.complete(multipart, [...parts, ...(await sendTail())], size);
  }
}

async function withTail<T>(
  around: UploadSurroundings,
  state: S3UploadState,
  closing: ClosingPart | undefined,
  use: (content: Content & Pick<PartFile, "chunks">) => Promise<T>,
): Promise<T> {
  if (closing) return await use(closing.part);
  const part = await startPart(around, state);
  try {
    return await use(part);
  } finally {
    await part.close();
  }
}

function putIndex({ bucket }: UploadSurroundings, { id }: S3UploadState, digest: Digest): Promise<void> {
  const content = Buffer.from(digest);
  return bucket.put(indexKey(id), { size: content.length, open: () => content });
}

async function verify(chunks: AsyncIterable<Buffer>, digest: Digest): Promise<void> {
  const algorithm = algorithmOf(digest);
  const digester = new Digester([algorithm]);
  for await (const chunk of chunks) digester.update(chunk);
  if (digester.digests()[algorithm] !== digest) throw wrong(digest);
}

function wrong(digest: Digest): StorageError {
  return new StorageError("digest", `the content is not ${digest}`);
}
