// The door through which a blob leaves, whoever sends it: the collector, eviction, DELETE, the end of a project. A
// repository's link goes, and with the last link the blob: its row in the same step (the claim: from then on nobody can
// find or link it), its bytes by the delete queue, later.
import type { Locator } from "../../blobs/stored-object.ts";
import type { Digest } from "../../digest.ts";
import { query, type Command } from "../statement.ts";
import { discardObject } from "./discarded-objects.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

/** When bytes are discarded, and when they may go. */
export interface Discarding {
  readonly now: number;
  readonly dueAt: number;
}

export interface Claimed {
  readonly blobs: number;
  /** That became free: those of damaged blobs were lost before. */
  readonly bytes: number;
}

/** Takes the links away, and claims the blobs that nobody has then. */
export function* releaseLinks(
  repositoryId: number,
  digests: readonly Digest[],
  discarding: Discarding,
): Command<Claimed> {
  let [blobs, bytes] = [0, 0];
  for (const chunk of chunksOf(digests)) {
    yield* query(
      `DELETE FROM blob_links WHERE repository_id = $1 AND digest IN (${parameterList(chunk.length, 2)})`,
      ...[repositoryId, ...chunk],
    );
    const claimed = yield* claimUnlinked(chunk, discarding);
    blobs += claimed.blobs;
    bytes += claimed.bytes;
  }
  return { blobs, bytes };
}

/** Claims those of at most a hundred blobs that no repository links. */
export function* claimUnlinked(digests: readonly Digest[], { now, dueAt }: Discarding): Command<Claimed> {
  const claimed = yield* query<{ locator: Locator; size: number; state: string }>(
    `DELETE FROM blobs WHERE digest IN (${parameterList(digests.length)})
       AND NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = blobs.digest)
     RETURNING locator, size, state`,
    ...digests,
  );
  let bytes = 0;
  for (const { locator, size, state } of claimed) {
    if (state === "present") bytes += size;
    yield* discardObject(locator, now, dueAt);
  }
  return { blobs: claimed.length, bytes };
}

/** Links, by the repository that has them. */
export function digestsByRepository(
  links: readonly { readonly repositoryId: number; readonly digest: Digest }[],
): ReadonlyMap<number, Digest[]> {
  const digests = new Map<number, Digest[]>();
  for (const { repositoryId, digest } of links) {
    const known = digests.get(repositoryId);
    if (known === undefined) digests.set(repositoryId, [digest]);
    else known.push(digest);
  }
  return digests;
}
