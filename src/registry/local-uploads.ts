// Rules for upload sessions: one writer at a time, nothing reported that is not durable, nothing kept that was not
// promised. The row says that a session exists; the blob store keeps its bytes.
//
//   start ──▶ (row, no writer) ──append──▶ (row, writer's lease) ──▶ (row, no writer, new offset)
//                    │                              │ died: the lease runs out, the row keeps its last offset
//                    ├──complete──▶ blob and link, row gone, in one step
//                    └──cancel, expiry──▶ row gone, then the bytes
import type { Digest, DigestAlgorithm } from "../../storage/digest.ts";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { UploadSession } from "../../storage/blobs/upload-session.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { UploadRecord } from "../../storage/metadata/records.ts";
import { isStorageError } from "../../storage/storage-error.ts";
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { Chunk, UploadStatus, Uploads, WholeBlob } from "./registry.ts";
import type { Quotas } from "./quotas.ts";
import type { RoomForPushes } from "./room-for-pushes.ts";
import { uncoverDamage } from "./uncover-damage.ts";
import { UnreturnedLeases } from "./unreturned-leases.ts";
import { pushWhole } from "./whole-push.ts";

export interface UploadSettings {
  /** A session that nobody touched for so long is removed. */
  readonly expirySeconds: number;
  /** How long a writer that died keeps others away. */
  readonly leaseSeconds: number;
}

export interface LocalUploadsParts {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  readonly uploads: UploadSettings;
  readonly room: RoomForPushes;
  readonly quotas: Quotas;
  readonly now: () => number;
  readonly newId: () => string;
}

interface Lease {
  readonly holder: string;
  readonly upload: UploadRecord;
}

/** A session that this request alone may write to. */
interface Writing extends Lease {
  readonly session: UploadSession;
}

export class LocalUploads implements Uploads {
  readonly #parts: LocalUploadsParts;
  readonly #unreturned = new UnreturnedLeases();

  constructor(parts: LocalUploadsParts) {
    this.#parts = parts;
  }

  async start(repository: RepositoryName, algorithm: DigestAlgorithm, owner: string): Promise<UploadStatus> {
    const { blobStore, metadata, room, quotas, newId } = this.#parts;
    await room.demand(0);
    await quotas.expectRoom(repository, 0);
    const algorithms: DigestAlgorithm[] = algorithm === "sha256" ? ["sha256"] : ["sha256", algorithm];
    const session = await blobStore.startUpload({ algorithms });
    const upload = {
      id: newId(),
      repository,
      owner,
      state: session.state,
      offset: 0,
      algorithm,
      expiresAt: this.#expiry(),
    };
    try {
      await metadata.uploads.start(upload);
    } catch (error) {
      await session.abort();
      throw error;
    }
    return upload;
  }

  async find(repository: RepositoryName, id: string): Promise<UploadRecord | undefined> {
    return this.#parts.metadata.uploads.find(repository, id, this.#parts.now());
  }

  async append(repository: RepositoryName, id: string, chunk: Chunk): Promise<UploadStatus> {
    await this.#parts.room.demand(chunk.expectedBytes ?? 0);
    const writing = await this.#lease(repository, id, chunk.at);
    await this.#write(writing, chunk);
    return { id, offset: writing.session.offset };
  }

  async complete(repository: RepositoryName, id: string, digest: Digest, chunk?: Chunk): Promise<void> {
    const { blobStore, metadata, room, quotas, now } = this.#parts;
    // What has arrived may be finished: that takes next to nothing.
    if (chunk) await room.demand(chunk.expectedBytes ?? 0);
    const writing = await this.#lease(repository, id, chunk?.at);
    if (chunk) await this.#expectRoom(repository, writing, digest, chunk.expectedBytes);
    if (chunk) await this.#write(writing, chunk, { closing: true });
    const object = await this.#commit(writing, digest);
    try {
      await uncoverDamage(this.#parts, digest);
      const blob = { digest, ...object };
      const { holder } = writing;
      const commit = { uploadId: id, holder, repository, blob, now: now(), quota: quotas.rules };
      const alive = await metadata.blobLinks.commit(commit);
      if (typeof alive === "object") throw await quotas.refusal(alive);
      if (!alive) throw new OciError("uploadUnknown", { detail: { upload: id } });
    } catch (error) {
      this.#unreturned.keep(id, writing.holder);
      // Busy or full: no row came to be, so the bytes are nobody's. After any other failure nobody knows, and they stay.
      if (isStorageError(error)) await blobStore.delete([object.locator]);
      throw error;
    }
  }

  async cancel(repository: RepositoryName, id: string): Promise<void> {
    const { blobStore, metadata, now, newId } = this.#parts;
    const upload = await metadata.uploads.find(repository, id, now());
    if (upload === undefined) throw new OciError("uploadUnknown", { detail: { upload: id } });
    const holder = this.#unreturned.take(id) ?? newId();
    try {
      const removed = await metadata.uploads.remove(id, holder, now());
      if (!removed) throw new OciError("uploadInUse", { detail: { upload: id } });
    } catch (error) {
      this.#unreturned.keep(id, holder);
      throw error;
    }
    // A file that is shorter than the row says gives no session: it goes with the stale uploads.
    const session = await blobStore.resumeUpload(upload.state);
    await session?.abort();
  }

  async push(repository: RepositoryName, digest: Digest, blob: WholeBlob): Promise<void> {
    await pushWhole(this.#parts, repository, digest, blob);
  }

  /** @param at where the caller believes the session to stand; believing wrongly changes nothing (REQ-11) */
  async #lease(repository: RepositoryName, id: string, at: number | undefined): Promise<Writing> {
    const { blobStore, metadata, uploads, now, newId } = this.#parts;
    const holder = this.#unreturned.take(id) ?? newId();
    const lease = { holder, until: now() + uploads.leaseSeconds * 1000 };
    const result = await metadata.uploads.lease(repository, id, lease, now());
    if (result.outcome === "absent") throw new OciError("uploadUnknown", { detail: { upload: id } });
    const { upload } = result;
    if (result.outcome === "held") throw positioned("uploadBeingWritten", upload);
    const writing = { holder, upload };
    const session = result.takenOver
      ? await this.#takeOver(writing)
      : await blobStore.resumeUpload(upload.state);
    if (session === undefined) {
      await metadata.uploads.end(id, holder);
      throw gone(upload);
    }
    if (at !== undefined && at !== upload.offset) {
      await this.#save(writing, session, { keepLease: false });
      throw positioned("uploadOutOfOrder", upload);
    }
    return { ...writing, session };
  }

  /**
   * The writer before never gave its lease back. It may be dead; it may also be stopped in the middle of a write, which
   * goes to its file whenever it wakes. So the session goes on in a file of its own.
   */
  async #takeOver(writing: Lease): Promise<UploadSession | undefined> {
    const { blobStore } = this.#parts;
    const { state } = writing.upload;
    const copy = await this.#renewing(writing, writing.upload, () => blobStore.copyUpload(state));
    if (copy === undefined) return undefined;
    try {
      await this.#save(writing, copy, { keepLease: true });
    } catch (error) {
      await copy.abort();
      throw error;
    }
    // No row knows the old file any more: if it can't be removed now, it goes with the stale uploads.
    const old = await blobStore.resumeUpload(state).catch(() => undefined);
    await old?.abort().catch(() => undefined);
    return copy;
  }

  /** A session that is refused here lives on: something may be deleted, and the same request sent again. */
  async #expectRoom(repository: RepositoryName, writing: Writing, digest: Digest, bytes = 0): Promise<void> {
    try {
      await this.#parts.quotas.expectRoom(repository, writing.session.offset + bytes, digest);
    } catch (error) {
      await this.#save(writing, writing.session, { keepLease: false });
      throw error;
    }
  }

  /** With `closing` the commit follows at once, and the lease, renewed a moment ago, is kept for it. */
  async #write(writing: Writing, chunk: Chunk, { closing } = { closing: false }): Promise<void> {
    const { upload, session } = writing;
    try {
      await session.append(chunk.source(), upload.offset, {
        promisedBytes: chunk.length,
        checkpoint: () => this.#save(writing, session, { keepLease: true }),
        checkpointMilliseconds: (this.#parts.uploads.leaseSeconds * 1000) / 3,
        closing,
      });
    } catch (error) {
      if (isStorageError(error, "gone")) throw gone(upload, error);
      await this.#save(writing, session, { keepLease: false });
      if (isStorageError(error, "length")) throw positioned("uploadLengthMismatch", upload);
      if (isStorageError(error, "interrupted")) throw new OciError("uploadInterrupted", { cause: error });
      throw error;
    }
    if (!closing) await this.#save(writing, session, { keepLease: false });
  }

  /** Making a large upload durable may outlast a lease, so it is renewed meanwhile. */
  async #commit(writing: Writing, digest: Digest): ReturnType<UploadSession["commit"]> {
    const { upload, session, holder } = writing;
    const stand = { state: session.state, offset: session.offset };
    try {
      return await this.#renewing(writing, stand, () => session.commit(digest));
    } catch (error) {
      if (isStorageError(error, "busy")) {
        // The one failure that leaves the session as it was.
        await this.#save(writing, stand, { keepLease: false });
        throw error;
      }
      // At worst the row stays for a while, of a session that nobody can go on with: why the commit failed matters more.
      await this.#parts.metadata.uploads.end(upload.id, holder).catch(() => undefined);
      if (isStorageError(error, "digest")) {
        throw new OciError("digestMismatch", { detail: { expected: digest }, cause: error });
      }
      if (isStorageError(error, "gone")) throw gone(upload, error);
      throw error;
    }
  }

  /** Renews the lease while `work` goes on, which leaves the session at `stand`. */
  async #renewing<T>(
    lease: Lease,
    stand: { state: string; offset: number },
    work: () => Promise<T>,
  ): Promise<T> {
    const renew = () => void this.#save(lease, stand, { keepLease: true }).catch(() => undefined);
    const renewal = setInterval(renew, (this.#parts.uploads.leaseSeconds * 1000) / 3);
    try {
      return await work();
    } finally {
      clearInterval(renewal);
    }
  }

  async #save(
    { upload, holder }: Lease,
    { state, offset }: { state: string; offset: number },
    { keepLease }: { keepLease: boolean },
  ): Promise<void> {
    const leaseUntil = keepLease ? this.#parts.now() + this.#parts.uploads.leaseSeconds * 1000 : undefined;
    const progress = { holder, state, offset, expiresAt: this.#expiry(), leaseUntil };
    const saved = await this.#parts.metadata.uploads.save(upload.id, progress).catch((error: unknown) => {
      if (!keepLease) this.#unreturned.keep(upload.id, holder);
      throw error;
    });
    if (!saved)
      throw new OciError("uploadUnknown", {
        detail: { upload: upload.id, reason: "another request took it over" },
      });
  }

  #expiry(): number {
    return this.#parts.now() + this.#parts.uploads.expirySeconds * 1000;
  }
}

/** A refusal that tells where the session stands; http/ turns it into Location and Range. */
function positioned(
  kind: "uploadOutOfOrder" | "uploadBeingWritten" | "uploadLengthMismatch",
  upload: UploadRecord,
): OciError {
  return new OciError(kind, { detail: { upload: upload.id, offset: upload.offset } });
}

/** The row says that there is a session, but the store has nothing of it: it was closed by another request. */
function gone(upload: UploadRecord, cause?: unknown): OciError {
  return new OciError("uploadUnknown", {
    detail: { upload: upload.id, reason: "its bytes are gone" },
    cause,
  });
}
