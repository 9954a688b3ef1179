// Touching what somebody is about to rely on. Most of it was touched lately, or needs none: so it is looked at first,
// without holding up writers, and written only where that would be too old.
import type { Digest } from "../../digest.ts";
import type { HeldContent } from "../garbage-store.ts";
import { query, type Command } from "../statement.ts";
import { isHeld, type ManifestNode } from "./needs.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

export interface Touchable {
  /** Those that their repositories hold. */
  readonly held: readonly HeldContent[];
  readonly links: readonly { readonly repositoryId: number; readonly digest: Digest }[];
  readonly manifestIds: readonly number[];
}

interface LinkRow {
  readonly repositoryId: number;
  readonly digest: Digest;
  readonly stale: number;
}

type ManifestRow = ManifestNode & { readonly pushed: number; readonly releasedAt: number | null };

/** What of `content` is held, and which of it was not touched since `unlessSince`. */
export function* findTouchable(content: readonly HeldContent[], unlessSince: number): Command<Touchable> {
  const found = { held: [] as HeldContent[], links: [] as LinkRow[], manifestIds: [] as number[] };
  for (const [repository, digests] of byRepository(content)) {
    for (const chunk of chunksOf(digests)) {
      const links = yield* findLinks(repository, chunk, unlessSince);
      const manifests = yield* findManifests(repository, chunk);
      const held = new Set([...links, ...manifests].map(({ digest }) => digest));
      found.held.push(...[...held].map((digest) => ({ repository, digest })));
      found.links.push(...links.filter(({ stale }) => stale === 1));
      for (const manifest of manifests) {
        if (yield* isStale(manifest, unlessSince)) found.manifestIds.push(manifest.id);
      }
    }
  }
  return found;
}

export function* touch(
  content: readonly HeldContent[],
  { now, unlessSince }: { readonly now: number; readonly unlessSince: number },
): Command<HeldContent[]> {
  const { held, links, manifestIds } = yield* findTouchable(content, unlessSince);
  for (const { repositoryId, digest } of links) {
    yield* query(
      "UPDATE blob_links SET touched_at = $3 WHERE repository_id = $1 AND digest = $2",
      ...[repositoryId, digest, now],
    );
  }
  for (const chunk of chunksOf(manifestIds)) {
    const sql = `UPDATE manifests SET released_at = $1 WHERE id IN (${parameterList(chunk.length, 2)})`;
    yield* query(sql, now, ...chunk);
  }
  return [...held];
}

/**
 * One that was released, or will be when what needs it goes, gets another grace. One that is tagged gets it when the
 * tag is deleted; and one that nobody needs and nobody released stays anyhow.
 */
function* isStale(manifest: ManifestRow, unlessSince: number): Command<boolean> {
  if (manifest.pushed === 0) return false;
  if (manifest.releasedAt !== null) return manifest.releasedAt < unlessSince;
  return yield* isHeld(manifest.id);
}

function* findLinks(
  repository: string,
  digests: readonly Digest[],
  unlessSince: number,
): Command<readonly LinkRow[]> {
  return yield* query<LinkRow>(
    `SELECT l.repository_id AS "repositoryId", l.digest,
       CASE WHEN l.pulled_at IS NULL AND (l.touched_at IS NULL OR l.touched_at < $2) THEN 1 ELSE 0 END AS stale
     FROM repositories r JOIN blob_links l ON l.repository_id = r.id
     WHERE r.name = $1 AND l.digest IN (${parameterList(digests.length, 3)})`,
    ...[repository, unlessSince, ...digests],
  );
}

function* findManifests(repository: string, digests: readonly Digest[]): Command<readonly ManifestRow[]> {
  return yield* query<ManifestRow>(
    `SELECT m.id, m.repository_id AS "repositoryId", m.digest, m.subject, m.released_at AS "releasedAt",
       CASE WHEN m.pulled_at IS NULL THEN 1 ELSE 0 END AS pushed
     FROM repositories r JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.digest IN (${parameterList(digests.length, 2)})`,
    ...[repository, ...digests],
  );
}

function byRepository(content: readonly HeldContent[]): ReadonlyMap<string, Digest[]> {
  const digests = new Map<string, Digest[]>();
  for (const { repository, digest } of content) {
    const known = digests.get(repository);
    if (known === undefined) digests.set(repository, [digest]);
    else if (!known.includes(digest)) known.push(digest);
  }
  return digests;
}
