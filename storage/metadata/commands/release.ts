// Releasing a manifest: a hint that nobody may need it any more, and since when. A release is never earlier than one
// that is noted already, and never of what is cached, which goes by eviction.
import type { Digest } from "../../digest.ts";
import { query, type Command } from "../statement.ts";
import { isHeld, manifestFreeSince, type ManifestNode } from "./needs.ts";
import { findRepositoryId } from "./repositories.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

export function* release(repository: string, digests: readonly Digest[], at: number): Command<Digest[]> {
  const repositoryId = yield* findRepositoryId(repository);
  return repositoryId === undefined ? [] : yield* releaseManifests(repositoryId, digests, at);
}

/** Releases those that nothing needs; gives them. */
function* releaseManifests(repositoryId: number, digests: readonly Digest[], at: number): Command<Digest[]> {
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
 * One of the manifests that needed them is gone, which was released at `at`. Noted even while another one needs them:
 * that one may have been released long before.
 */
export function* releaseFollowers(
  repositoryId: number,
  digests: readonly Digest[],
  at: number,
): Command<void> {
  for (const chunk of chunksOf([...new Set(digests)])) {
    yield* query(
      `UPDATE manifests SET released_at = $1
       WHERE repository_id = $2 AND digest IN (${parameterList(chunk.length, 3)})
         AND pulled_at IS NULL AND (released_at IS NULL OR released_at < $1)
         AND NOT EXISTS (SELECT 1 FROM tags WHERE manifest_id = manifests.id)`,
      ...[at, repositoryId, ...chunk],
    );
  }
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

/**
 * Somebody wants it for its own sake: it was pushed, or a tag was moved away from it. It stays, unless it goes with what
 * needs it, which may have been released long before: then it stays for a grace from now.
 */
export function* wantManifest(manifestId: number, now: number): Command<void> {
  const notedAt = (yield* isHeld(manifestId)) ? now : null;
  yield* query(
    `UPDATE manifests SET released_at = $2
     WHERE id = $1 AND pulled_at IS NULL AND (released_at IS NOT NULL OR $2 IS NOT NULL)`,
    ...[manifestId, notedAt],
  );
}

/** Something needs it. */
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
