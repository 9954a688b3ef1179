// What a crash left of uploads, or nobody ever closed: found by listing, at a cost that grows with the uploads that are
// open and not with what is stored. Endpoints that list no multipart uploads (MinIO) remove old ones by themselves.
import type { UploadId } from "../../upload-id.ts";
import type { Multipart } from "../bucket/s3-bucket.ts";
import { blobsPrefix, uploadIdIn, uploadIdOf, uploadsPrefix } from "../s3-layout.ts";
import type { UploadSurroundings } from "./upload-parts.ts";

/** All of one upload that is in the bucket. */
interface Remains {
  readonly keys: string[];
  readonly multiparts: Multipart[];
  /** Somebody wrote to it of late: then its older pieces are needed, too. */
  fresh: boolean;
}

/** Removes uploads that nobody wrote to since `before`, and tells how many they were. */
export async function removeStaleUploads(
  around: UploadSurroundings,
  before: Date,
  signal: AbortSignal,
): Promise<number> {
  const { bucket, listings, live, known } = around;
  const found = await remainsOfUploads(around, before, signal);
  const stale = known.staleSince(before).filter((id) => !live.isBusy(id) && !found.has(id));
  for (const [id, { keys, multiparts, fresh }] of found) {
    signal.throwIfAborted();
    if (fresh || live.isBusy(id)) continue;
    await listings.delete(keys);
    for (const multipart of multiparts) await bucket.abort(multipart);
    stale.push(id);
  }
  for (const id of stale) known.end(id);
  return stale.length;
}

async function remainsOfUploads(
  { listings }: UploadSurroundings,
  before: Date,
  signal: AbortSignal,
): Promise<ReadonlyMap<UploadId, Remains>> {
  const found = new Map<UploadId, Remains>();
  const remainsOf = (id: UploadId): Remains => {
    const remains = found.get(id) ?? { keys: [], multiparts: [], fresh: false };
    found.set(id, remains);
    return remains;
  };
  for await (const { key, modifiedAt } of listings.objects(uploadsPrefix, signal)) {
    const id = uploadIdIn(key);
    if (!id) continue;
    const remains = remainsOf(id);
    remains.keys.push(key);
    remains.fresh ||= modifiedAt >= before;
  }
  for await (const multipart of listings.multiparts(blobsPrefix, signal)) {
    const id = uploadIdOf(multipart.key);
    if (!id) continue;
    const remains = remainsOf(id);
    remains.multiparts.push(multipart);
    remains.fresh ||= multipart.initiatedAt >= before;
    remains.fresh ||= await listings.wasWrittenSince(multipart, before, signal);
  }
  return found;
}
