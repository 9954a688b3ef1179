// The work of the one who downloads: upstream → spool file, hashed on the way; when the digest is right, readers get the
// rest, and the bytes become the store's. Readers follow the growth meanwhile; this never waits for one of them.
import { algorithmOf, Digester } from "../../../storage/digest.ts";
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
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
  /** Where the growth's file lies. */
  readonly spoolPath: string;
  readonly transfer: Transfer;
  /** Ends everything that goes on under the transfer's signal. */
  readonly halt: AbortController;
  /** Fires when the blob is kept, or will not be. */
  readonly over: AbortSignal;
}

/**
 * Resolves when the blob is in the store and its row is written; `growth` is verified some time before, and whole.
 * @throws RemoteError by the upstream's fault, `corrupt` among them: the growth is neither failed nor verified then.
 *   Anything else by that of our storage, also after the growth was verified. Nothing is kept.
 */
export async function keepBlob(keeping: Keeping): Promise<void> {
  const { blobStore } = keeping.parts;
  const adopt = blobStore.adopt?.bind(blobStore);
  await record(keeping, adopt ? await spoolThenMove(keeping, adopt) : await spoolAndUpload(keeping));
}

/** The spool file itself becomes the object: nothing is written twice. */
async function spoolThenMove(
  keeping: Keeping,
  adopt: NonNullable<BlobStore["adopt"]>,
): Promise<CommittedObject> {
  const writer = await spool(keeping);
  await writer.sync();
  return await adopt(keeping.spoolPath, keeping.wanted.digest);
}

async function spoolAndUpload(keeping: Keeping): Promise<CommittedObject> {
  const { parts, wanted, transfer } = keeping;
  const session = await parts.blobStore.startUpload({ algorithms: [algorithmOf(wanted.digest)] });
  try {
    const transfers = [spool(keeping), upload(keeping, session)].map((work) =>
      work.catch((error: unknown) => keeping.halt.abort(error)),
    );
    await Promise.all(transfers);
    transfer.signal.throwIfAborted();
    return await session.commit(wanted.digest);
  } catch (error) {
    await session.abort().catch((failure: unknown) => {
      parts.onProblem(failure, "what arrived of a failed download could not be removed");
    });
    throw error;
  }
}

/** Readers get all of it as soon as it is whole and right, whatever becomes of it in the store. */
async function spool({ parts, wanted, blob, growth, transfer, over }: Keeping): Promise<SpoolWriter> {
  const { digest } = wanted;
  const algorithm = algorithmOf(digest);
  const digester = new Digester([algorithm]);
  const writer = new SpoolWriter(growth.file, (position) => growth.grow(position));
  const chunks = steadyTransfer(transfer, blob);
  const admitted = blob.size === undefined ? whileThereIsRoom(chunks, parts.admit, over) : chunks;
  try {
    for await (const chunk of admitted) {
      await writer.add(chunk);
      digester.update(chunk);
    }
  } finally {
    await writer.settle();
  }
  if (digester.digests()[algorithm] !== digest)
    throw new RemoteError("corrupt", `the content that the upstream sent is not ${digest}`);
  growth.complete();
  growth.verify();
  return writer;
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

async function record({ parts, wanted }: Keeping, object: CommittedObject): Promise<void> {
  const { blobStore, mirror, now } = parts;
  const { repository, digest } = wanted;
  try {
    await mirror.content.commitBlob({ repository, blob: { digest, ...object }, now: now() });
  } catch (error) {
    // Busy or full: no row came to be, so the bytes are nobody's. After any other failure nobody knows, and they stay.
    if (isStorageError(error)) await blobStore.delete([object.locator]);
    throw error;
  }
}
