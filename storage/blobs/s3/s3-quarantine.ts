// Damaged objects, moved aside in the bucket: copied by the endpoint, or by us where it can't, and then deleted. The copy
// is one multipart upload, since an object may be larger than what is copied at once.
import { quarantineName, type Quarantining } from "../quarantine-name.ts";
import type { Locator } from "../stored-object.ts";
import type { Extent } from "../byte-range.ts";
import { maxParts, mebibyte } from "./uploads/part-plan.ts";
import type { Multipart, UploadedPart } from "./bucket/s3-bucket.ts";
import { indexKey, quarantinePrefix, uploadIdOf } from "./s3-layout.ts";
import { bytesOf, type UploadSurroundings } from "./uploads/upload-parts.ts";

type Around = Pick<UploadSurroundings, "bucket" | "listings" | "spool">;

/** The address of the copy; undefined when the object is absent. */
export async function quarantineObject(
  around: Around,
  locator: Locator,
  what: Quarantining,
): Promise<string | undefined> {
  const { bucket, listings } = around;
  const id = uploadIdOf(locator);
  const there = id && (await bucket.head(locator));
  if (!id || !there) return undefined;
  const key = `${quarantinePrefix}${quarantineName(what, id)}`;
  if (there.size === 0) await bucket.put(key, { size: 0, open: () => Buffer.alloc(0) });
  else await copy(around, { from: locator, to: key, size: there.size });
  await listings.delete([locator, indexKey(id)]);
  return placeOf(bucket, key);
}

/** As people write it, and as every tool for buckets takes it. */
export function placeOf({ name, prefix }: Around["bucket"], key: string): string {
  return `s3://${name}/${prefix}${key}`;
}

interface Copy {
  readonly from: string;
  readonly to: string;
  readonly size: number;
}

async function copy(around: Around, { from, to, size }: Copy): Promise<void> {
  const { bucket } = around;
  const target = await bucket.createMultipart(to);
  try {
    const parts: UploadedPart[] = [];
    for (const extent of extentsOf(size)) {
      parts.push(await copyPart(around, { from, size, target, number: parts.length + 1, extent }));
    }
    await bucket.complete(target, parts, size);
  } catch (error) {
    await bucket.abort(target).catch(() => undefined);
    throw error;
  }
}

function extentsOf(size: number): Extent[] {
  const bytes = Math.max(64 * mebibyte, Math.ceil(size / maxParts));
  return Array.from({ length: Math.ceil(size / bytes) }, (_, index) => ({
    start: index * bytes,
    end: Math.min(size, (index + 1) * bytes),
  }));
}

interface PartCopy {
  readonly from: string;
  readonly size: number;
  readonly target: Multipart;
  readonly number: number;
  readonly extent: Extent;
}

async function copyPart(
  { bucket, spool }: Around,
  { from, size, target, number, extent }: PartCopy,
): Promise<UploadedPart> {
  const copied = await bucket.copyPart(target, number, from, extent);
  if (copied) return copied;
  const part = spool.startPart();
  try {
    for await (const chunk of bytesOf(bucket, from, { size, extent })) await part.append(chunk);
    await part.settle();
    return await bucket.uploadPart(target, number, part);
  } finally {
    await part.close();
  }
}
