// Are this database and this blob store of one registry? Asked before anything is mended: where nothing that is known is
// in the store it is more likely that the wrong store was named, or that a volume is not mounted, than that all is lost.
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { isReadError } from "./examine-blob.ts";
import { toTheEnd } from "../to-the-end.ts";

/** Rows that are looked at, at most. */
const sampleRows = 1000;

export async function belongTogether(
  {
    blobStore,
    metadata,
  }: { blobStore: Pick<BlobStore, "stat">; metadata: Pick<MetadataStore, "storedBlobs"> },
  signal: AbortSignal,
): Promise<boolean> {
  let looks = sampleRows;
  for await (const row of toTheEnd((page) => metadata.storedBlobs.list(page), signal)) {
    if (await blobStore.stat(row.locator).catch(unlessUnreadable)) return true;
    if (--looks === 0) return false;
  }
  return false;
}

function unlessUnreadable(error: unknown): undefined {
  if (!isReadError(error)) throw error;
}
