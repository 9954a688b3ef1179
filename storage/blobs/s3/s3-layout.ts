// Where things lie in the bucket, and the only file that turns names from outside into keys.
//
//   <prefix>
//     blobs/<upload id>            a committed object; this is its locator. A multipart upload grows under the same key
//     index/<upload id>            the digest of that object, as text: a lost database is rebuilt without rehashing
//     quarantine/<name>            damaged objects, kept apart until a person deletes them
//     uploads/<upload id>/tail.<n> what an upload has beyond its last part, n = 0, 1, 2 in turn
//     uploads/<upload id>/etags.<n> the ETags of parts that its row has no room for
import type { Locator } from "../stored-object.ts";
import { parseUploadId, type UploadId } from "../upload-id.ts";

export const blobsPrefix = "blobs/";
export const quarantinePrefix = "quarantine/";
export const uploadsPrefix = "uploads/";
export const tailSlots = [0, 1, 2] as const;
export type TailSlot = (typeof tailSlots)[number];

export function blobKey(id: UploadId): string {
  return `${blobsPrefix}${id}`;
}

export function locatorOf(id: UploadId): Locator {
  return blobKey(id) as Locator;
}

/** Undefined when this store never made such a locator. */
export function uploadIdOf(locator: string): UploadId | undefined {
  return locator.startsWith(blobsPrefix) ? parseUploadId(locator.slice(blobsPrefix.length)) : undefined;
}

export function indexKey(id: UploadId): string {
  return `index/${id}`;
}

export function tailKey(id: UploadId, slot: TailSlot): string {
  return `${uploadsPrefix}${id}/tail.${slot}`;
}

export function etagsKey(id: UploadId, number: number): string {
  return `${uploadsPrefix}${id}/etags.${number}`;
}

/** Of the upload that a key below `uploads/` belongs to. */
export function uploadIdIn(key: string): UploadId | undefined {
  return parseUploadId(key.slice(uploadsPrefix.length).split("/")[0]);
}
