// What a crash left of uploads, or nobody ever closed: found by listing, at a cost that grows with the uploads that are
// open and not with what is stored. Endpoints that list no multipart uploads (MinIO) remove old ones by themselves.
import { parseUploadId, type UploadId } from "../../upload-id.ts";
import { blobsPrefix, uploadIdIn, uploadsPrefix } from "../s3-layout.ts";
import type { UploadSurroundings } from "./upload-parts.ts";

interface Pieces {
  readonly keys: string[];
  writtenAt: Date;
}

/** Removes uploads that nobody wrote to since `before`, and tells how many they were. */
export async function removeStaleUploads(
  around: UploadSurroundings,
  before: Date,
  signal: AbortSignal,
): Promise<number> {
  const { bucket, listings, live, known } = around;
  const pieces = await piecesOfUploads(around, signal);
  const isFresh = (id: UploadId): boolean =>
    live.isBusy(id) || (pieces.get(id)?.writtenAt ?? before) > before;
  const stale = new Set(known.staleSince(before).filter((id) => !isFresh(id)));
  for (const [id, { keys }] of pieces) {
    if (isFresh(id)) continue;
    await listings.delete(keys);
    stale.add(id);
  }
  for await (const multipart of listings.multiparts(blobsPrefix, signal)) {
    const id = parseUploadId(multipart.key.slice(blobsPrefix.length));
    if (!id || isFresh(id) || multipart.initiatedAt >= before) continue;
    if (await listings.wasWrittenSince(multipart, before, signal)) continue;
    await bucket.abort(multipart);
    stale.add(id);
  }
  for (const id of stale) known.end(id);
  return stale.size;
}

async function piecesOfUploads(
  { listings }: UploadSurroundings,
  signal: AbortSignal,
): Promise<ReadonlyMap<UploadId, Pieces>> {
  const found = new Map<UploadId, Pieces>();
  for await (const { key, modifiedAt } of listings.objects(uploadsPrefix, signal)) {
    const id = uploadIdIn(key);
    if (!id) continue;
    const pieces = found.get(id) ?? { keys: [], writtenAt: modifiedAt };
    pieces.keys.push(key);
    if (modifiedAt > pieces.writtenAt) pieces.writtenAt = modifiedAt;
    found.set(id, pieces);
  }
  return found;
}
