// A new upload that begins with the bytes of another. Parts can be neither read nor copied before their upload is
// complete, so the old one is completed into an object that no row knows, and the new one begins with a copy of that,
// made by the endpoint itself where it can. The old upload is over by that; without parts it stays as it is.
import { isStorageError } from "../../../storage-error.ts";
import type { Extent } from "../../byte-range.ts";
import type { UploadId } from "../../upload-id.ts";
import { bytesOfPart, isEqual, maxParts, mebibyte, type PartPlan } from "./part-plan.ts";
import type { Multipart, UploadedPart } from "../bucket/s3-bucket.ts";
import { tailKey } from "../s3-layout.ts";
import { partCount, partsEnd, type S3UploadState } from "./s3-upload-state.ts";
import {
  allAtRest,
  bytesOf,
  discard,
  ensureMultipart,
  finalParts,
  multipartOf,
  startPart,
  type UploadSurroundings,
} from "./upload-parts.ts";

/** Undefined when the bytes are gone. */
export async function copyOfUpload(
  around: UploadSurroundings,
  old: S3UploadState,
  id: UploadId,
): Promise<S3UploadState | undefined> {
  const nothing = { multipart: undefined, spills: 0, spilledParts: 0, etags: [], tailed: false };
  let copy: S3UploadState = { ...old, ...nothing, id };
  try {
    copy = await copyTail(around, old, copy);
    if (partCount(old) > 0) copy = await copyParts(around, old, copy, (begun) => (copy = begun));
    return copy;
  } catch (error) {
    await discard(around, copy).catch(() => undefined);
    if (isStorageError(error, "gone")) return undefined;
    throw error;
  }
}

async function copyTail(
  around: UploadSurroundings,
  old: S3UploadState,
  copy: S3UploadState,
): Promise<S3UploadState> {
  if (old.tail?.kind !== "object") return copy;
  const part = await startPart(around, old);
  try {
    await around.bucket.put(tailKey(copy.id, 0), part);
  } finally {
    await part.close();
  }
  return { ...copy, tailed: true, tail: { kind: "object", bytes: old.tail.bytes, slot: 0 } };
}

async function copyParts(
  around: UploadSurroundings,
  old: S3UploadState,
  copy: S3UploadState,
  begun: (copy: S3UploadState) => void,
): Promise<S3UploadState> {
  const { bucket, listings, slots } = around;
  const source = multipartOf(old);
  if (!source) return copy;
  const size = partsEnd(old);
  await bucket.complete(source, await finalParts(around, old), size);
  const started = await ensureMultipart(around, copy, size);
  begun(started);
  const target = multipartOf(started);
  if (!target || !started.multipart) return copy;
  const extents = extentsOf(started.multipart.plan, size);
  const parts = await allAtRest(
    extents.map((extent, index) =>
      slots.run(() => copyExtent(around, { source, size, target, number: index + 1, extent })),
    ),
  );
  await listings.delete([source.key]);
  return { ...started, etags: parts.map(({ etag }) => etag) };
}

/** As few as the rules allow; what is copied by the endpoint needs no buffer. */
function extentsOf(plan: PartPlan, size: number): Extent[] {
  const large = Math.max(1024 * mebibyte, Math.ceil(size / (maxParts / 20)));
  const bytes = isEqual(plan) ? bytesOfPart(plan, 1) : large;
  // The last one must not be too small to be followed by others.
  const count = isEqual(plan) ? Math.ceil(size / bytes) : Math.max(1, Math.floor(size / bytes));
  return Array.from({ length: count }, (_, index) => ({
    start: index * bytes,
    end: index === count - 1 ? size : (index + 1) * bytes,
  }));
}

interface PartCopy {
  readonly source: Multipart;
  /** Of the object that came of `source`. */
  readonly size: number;
  readonly target: Multipart;
  readonly number: number;
  readonly extent: Extent;
}

async function copyExtent(
  { bucket, spool }: UploadSurroundings,
  { source, size, target, number, extent }: PartCopy,
): Promise<UploadedPart> {
  const copied = await bucket.copyPart(target, number, source.key, extent);
  if (copied) return copied;
  const part = spool.startPart();
  try {
    for await (const chunk of bytesOf(bucket, source.key, { size, extent })) await part.append(chunk);
    await part.settle();
    return await bucket.uploadPart(target, number, part);
  } finally {
    await part.close();
  }
}
