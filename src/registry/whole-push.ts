// A blob that comes in one request (end-4b). A session whose id nobody learns needs no row and no lease: this saves two of
// three durable transactions, and with them more than half of the time of a small push.
import { algorithmOf, type Digest } from "../../storage/digest.ts";
import type { UploadSession } from "../../storage/blobs/upload-session.ts";
import { isStorageError } from "../../storage/storage-error.ts";
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { Quotas } from "./quotas.ts";
import type { WholeBlob } from "./registry.ts";
import type { RoomForPushes } from "./room-for-pushes.ts";
import { uncoverDamage, type BothStores } from "./uncover-damage.ts";

export interface WholePushParts extends BothStores {
  readonly room: RoomForPushes;
  readonly quotas: Quotas;
  readonly now: () => number;
}

export async function pushWhole(
  parts: WholePushParts,
  repository: RepositoryName,
  digest: Digest,
  { chunk, confirm }: WholeBlob,
): Promise<void> {
  const { blobStore, metadata, room, quotas, now } = parts;
  const expectedBytes = chunk?.expectedBytes ?? 0;
  await room.demand(expectedBytes);
  await quotas.expectRoom(repository, expectedBytes, digest);
  const session = await blobStore.startUpload({ algorithms: [algorithmOf(digest)], whole: true });
  const object = await endedUnlessDone(session, async () => {
    if (chunk?.at) throw new OciError("uploadOutOfOrder", { detail: { offset: 0 } });
    if (chunk) await session.append(chunk.source(), 0, { promisedBytes: chunk.length, closing: true });
    await confirm();
    return await session.commit(digest);
  }).catch((error: unknown) => {
    throw asRefusal(error, digest);
  });
  try {
    await uncoverDamage(parts, digest);
    const blob = { digest, ...object };
    const done = await metadata.blobLinks.commitWhole({ repository, blob, now: now(), quota: quotas.rules });
    if (done !== true) throw await quotas.refusal(done);
  } catch (error) {
    // Busy or full: no row came to be, so the bytes are nobody's. After any other failure nobody knows, and they stay.
    if (isStorageError(error)) await blobStore.delete([object.locator]);
    throw error;
  }
}

/** Where it can't be ended now it goes with the stale uploads: what matters is why `work` failed. */
async function endedUnlessDone<T>(session: UploadSession, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await session.abort().catch(() => undefined);
    throw error;
  }
}

function asRefusal(error: unknown, digest: Digest): unknown {
  if (isStorageError(error, "digest"))
    return new OciError("digestMismatch", { detail: { expected: digest }, cause: error });
  if (isStorageError(error, "length"))
    return new OciError("uploadLengthMismatch", { detail: { offset: 0 }, cause: error });
  if (isStorageError(error, "interrupted")) return new OciError("uploadInterrupted", { cause: error });
  if (isStorageError(error, "gone"))
    return new OciError("uploadUnknown", { detail: { reason: "its bytes are gone" }, cause: error });
  return error;
}
