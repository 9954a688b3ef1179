// Deletes bytes that lost their row: the second of two equal uploads, and what a repaired blob left behind.
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { Locator } from "../../storage/blobs/stored-object.ts";
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

  /** @throws what the store throws; an object that can't be deleted keeps no other one waiting */
  async run(signal: AbortSignal): Promise<void> {
    const { metadata, now } = this.#parts;
    while (!signal.aborted) {
      const locators = await metadata.discardedObjects.list(now(), batch);
      const { gone, failure } = await this.#delete(locators);
      // Forgotten only once they are gone: a crash in between deletes them again, which succeeds.
      await metadata.discardedObjects.forget(gone);
      if (locators.length === batch && gone.length > 0) continue;
      if (failure !== undefined) throw failure;
      return;
    }
  }

  /** Together; where that fails and the store is there, one by one, so that it is only those that can't go. */
  async #delete(locators: readonly Locator[]): Promise<{ gone: readonly Locator[]; failure?: Error }> {
    const { blobStore } = this.#parts;
    const tried = await settle(blobStore.delete(locators));
    if (tried === undefined) return { gone: locators };
    await blobStore.ping();
    const gone: Locator[] = [];
    let failure: Error | undefined;
    for (const locator of locators) {
      const refused = await settle(blobStore.delete([locator]));
      if (refused === undefined) gone.push(locator);
      failure ??= refused;
    }
    return { gone, ...(failure !== undefined && { failure }) };
  }
}

async function settle(work: Promise<void>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}
