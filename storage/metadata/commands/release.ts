// Releasing a manifest: a hint that nobody may need it any more, and since when. A release is never earlier than one
// that is noted already, and never of what is cached, which goes by eviction.
import type { Digest } from "../../digest.ts";
import { query, type Command } from "../statement.ts";
import { manifestFreeSince, type ManifestNode } from "./needs.ts";
import { findRepositoryId } from "./repositories.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

export function* release(repository: string, digests: readonly Digest[], at: number): Command<Digest[]> {
  const repositoryId = yield* findRepositoryId(repository);
  return repositoryId === undefined ? [] : yield* releaseManifests(repositoryId, digests, at);
}

/** Releases those that nothing needs; gives them. */
export function* releaseManifests(
  repositoryId: number,
  digests: readonly Digest[],
  at: number,
): Command<Digest[]> {
  const released: Digest[] = [];
  for (const chunk of chunksOf([...new Set(digests)])) {
    const free: ManifestNode[] = [];
    for (const node of yield* findPushed(repositoryId, chunk)) {
      if ((yield* manifestFreeSince(node)) !== undefined) free.push(node);
    }
    if (free.length === 0) continue;
    yield* query(
      `UPDATE manifests SET released_at = $1
       WHERE id IN (${parameterList(free.length, 2)}) AND (released_at IS NULL OR released_at < $1)`,
      ...[at, ...free.map(({ id }) => id)],
    );
    released.push(...free.map(({ digest }) => digest));
  }
  return released;
}

/**
 * Its last tag was removed. Noted even while an index or a subject needs it, so that the tag can be brought back for a
 * whole grace, whenever that index was released.
 */
export function* releaseWithoutTag(manifestId: number, at: number): Command<void> {
  yield* query(
    `UPDATE manifests SET released_at = $2
     WHERE id = $1 AND pulled_at IS NULL AND (released_at IS NULL OR released_at < $2)
       AND NOT EXISTS (SELECT 1 FROM tags WHERE manifest_id = $1)`,
    ...[manifestId, at],
  );
}

/** Somebody wants it: it was pushed again, or a tag was set on it. */
export function* keepManifest(manifestId: number): Command<void> {
  yield* query(
    "UPDATE manifests SET released_at = NULL WHERE id = $1 AND released_at IS NOT NULL",
    manifestId,
  );
}

function* findPushed(repositoryId: number, digests: readonly Digest[]): Command<readonly ManifestNode[]> {
  return yield* query<ManifestNode>(
    `SELECT id, repository_id AS "repositoryId", digest, subject FROM manifests
     WHERE repository_id = $1 AND digest IN (${parameterList(digests.length, 2)}) AND pulled_at IS NULL`,
    ...[repositoryId, ...digests],
  );
}
