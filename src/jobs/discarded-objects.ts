// Deletes bytes that lost their row: the second of two equal uploads, and what a repaired blob left behind.
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Job } from "./job.ts";

export interface DiscardedObjectsParts {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  readonly everySeconds: number;
  readonly now: () => number;
}

const batch = 100;

export class DiscardedObjects implements Job {
  readonly name = "discarded-objects";
  readonly everySeconds: number;
  readonly #parts: DiscardedObjectsParts;

  constructor(parts: DiscardedObjectsParts) {
    this.#parts = parts;
    this.everySeconds = parts.everySeconds;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { blobStore, metadata, now } = this.#parts;
    while (!signal.aborted) {
      const locators = await metadata.discardedObjects.list(now(), batch);
      await blobStore.delete(locators);
      // Forgotten only once they are gone: a crash in between deletes them again, which succeeds.
      await metadata.discardedObjects.forget(locators);
      if (locators.length < batch) return;
    }
  }
}
