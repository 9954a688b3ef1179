// A push of what is there already heals it where it is broken: asked before the row of a blob is written, whichever way
// its bytes came.
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { Digest } from "../../storage/digest.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";

export interface BothStores {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
}

/**
 * Of two copies the metadata store keeps the one that it has. When that one's bytes are gone or of another size, it has to
 * know now: else the good bytes of this push were dropped for the broken ones (REQ-23).
 */
export async function uncoverDamage({ blobStore, metadata }: BothStores, digest: Digest): Promise<void> {
  const held = await metadata.blobLinks.locate(digest);
  if (held === undefined) return;
  const stored = await blobStore.stat(held.locator);
  if (stored?.size !== held.size) await metadata.blobLinks.markDamaged(digest, held.locator);
}
