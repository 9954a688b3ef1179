// The work of the one who downloads: upstream → spool file, and from a tail of that → the blob store, both at once; at
// the end the digest decides. Readers follow the growth meanwhile; this never waits for one of them.
import { algorithmOf } from "../../../storage/digest.ts";
import type { CommittedObject, UploadSession } from "../../../storage/blobs/upload-session.ts";
import { isStorageError } from "../../../storage/storage-error.ts";
import { RemoteError } from "../../remote/remote-error.ts";
import type { RemoteBlob } from "../../remote/upstream.ts";
import type { DownloadParts, WantedBlob } from "./download-parts.ts";
import type { Growth } from "./growth.ts";
import { spoolTail } from "./spool-tail.ts";
import { SpoolWriter } from "./spool-writer.ts";
import { steadyTransfer, type Transfer } from "./steady-transfer.ts";
import { whileThereIsRoom } from "./while-there-is-room.ts";

export interface Keeping {
  readonly parts: DownloadParts;
  readonly wanted: WantedBlob;
  /** Begun with the transfer below. */
  readonly blob: RemoteBlob;
  readonly growth: Growth;
  readonly transfer: Transfer;
  /** Ends everything that goes on under the transfer's signal. */
  readonly halt: AbortController;
  /** Fires when the blob is kept, or will not be. */
  readonly over: AbortSignal;
}

/**
 * Resolves when the blob is in the store and its row is written; `growth` is verified then, and whole.
 * @throws RemoteError by the upstream's fault, `corrupt` among them; anything else by that of our storage. Nothing is
 *   kept then; the growth is neither failed nor verified, and its file is as it is.
 */
export async function keepBlob(keeping: Keeping): Promise<void> {
  const { parts, wanted, growth, transfer } = keeping;
  const session = await parts.blobStore.startUpload({ algorithms: [algorithmOf(wanted.digest)] });
  try {
    const transfers = [spool(keeping), upload(keeping, session)].map((work) =>
      work.catch((error: unknown) => keeping.halt.abort(error)),
    );
    await Promise.all(transfers);
    transfer.signal.throwIfAborted();
    const object = await commit(session, wanted);
    await record(parts, wanted, object);
  } catch (error) {
    await session.abort().catch((failure: unknown) => {
      parts.onProblem(failure, "what arrived of a failed download could not be removed");
    });
    throw error;
  }
  growth.verify();
}

async function spool({ parts, blob, growth, transfer, over }: Keeping): Promise<void> {
  const writer = new SpoolWriter(growth.file, (position) => growth.grow(position));
  const chunks = steadyTransfer(transfer, blob);
  const admitted = blob.size === undefined ? whileThereIsRoom(chunks, parts.admit, over) : chunks;
  try {
    for await (const chunk of admitted) await writer.add(chunk);
  } finally {
    await writer.settle();
  }
  growth.complete();
}

async function upload({ growth, transfer, blob }: Keeping, session: UploadSession): Promise<void> {
  const { signal } = transfer;
  const tail = spoolTail(growth, signal);
  try {
    await session.append(tail, 0, { closing: true, promisedBytes: blob.size, signal });
  } finally {
    tail.destroy();
  }
}

async function commit(session: UploadSession, { digest }: WantedBlob): Promise<CommittedObject> {
  try {
    return await session.commit(digest);
  } catch (error) {
    if (!isStorageError(error, "digest")) throw error;
    throw new RemoteError("corrupt", `the content that the upstream sent is not ${digest}`, { cause: error });
  }
}

async function record(
  { blobStore, mirror, now }: DownloadParts,
  { repository, digest }: WantedBlob,
  object: CommittedObject,
): Promise<void> {
  try {
    await mirror.content.commitBlob({ repository, blob: { digest, ...object }, now: now() });
  } catch (error) {
    // Busy or full: no row came to be, so the bytes are nobody's. After any other failure nobody knows, and they stay.
    if (isStorageError(error)) await blobStore.delete([object.locator]);
    throw error;
  }
}
