// Removes upload sessions that nobody continued: first the row, so that nobody can, then the bytes (REQ-8).
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Job } from "./job.ts";

export interface ExpiredUploadsParts {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  readonly everySeconds: number;
  /** How long a session lives that nobody continues. */
  readonly expirySeconds: number;
  readonly now: () => number;
  readonly newId: () => string;
}

const batch = 100;
/** Beyond the expiry, before bytes without a row count as left behind: a row may be a moment, or a clock, away. */
const straySeconds = 86_400;

export class ExpiredUploads implements Job {
  readonly name = "expired-uploads";
  readonly everySeconds: number;
  readonly #parts: ExpiredUploadsParts;

  constructor(parts: ExpiredUploadsParts) {
    this.#parts = parts;
    this.everySeconds = parts.everySeconds;
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#removeExpired(signal);
    if (signal.aborted) return;
    const { blobStore, expirySeconds, now } = this.#parts;
    // What a crash between row and bytes left behind.
    await blobStore.removeStaleUploads(new Date(now() - (expirySeconds + straySeconds) * 1000), signal);
  }

  async #removeExpired(signal: AbortSignal): Promise<void> {
    const { blobStore, metadata, now, newId } = this.#parts;
    for (;;) {
      const expired = await metadata.uploads.listExpired(now(), batch);
      for (const { id, state } of expired) {
        if (signal.aborted) return;
        // A session that somebody just took up again is not ours to remove.
        if (!(await metadata.uploads.remove(id, newId(), now()))) continue;
        // A file that is shorter than its row said gives no session; it goes with the stale uploads.
        const session = await blobStore.resumeUpload(state);
        await session?.abort();
      }
      if (expired.length < batch) return;
    }
  }
}
