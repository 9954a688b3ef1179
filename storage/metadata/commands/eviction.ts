// Giving cached content up: which links of a repository go when a cached manifest does, and which are loose. They leave
// by the same door as what is collected (release-links.ts).
//
//   evict ──▶ manifest, tags, edges ──▶ links that nothing in the repository names ──▶ blobs without any link
import type { Digest } from "../../digest.ts";
import type { Eviction } from "../mirror-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { removeManifest } from "./delete-manifest.ts";
import { listChildren } from "./manifest-edges.ts";
import { digestsByRepository, releaseLinks, type Discarding } from "./release-links.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

export interface CachedLink {
  readonly repositoryId: number;
  readonly digest: Digest;
  readonly pulledAt: number;
}

/** Links that are looked at in one statement. */
const pageLinks = 500;

export function* evictManifest(
  { repository, digest }: { readonly repository: string; readonly digest: Digest },
  { unlessPulledSince, ...discarding }: Parameters<Eviction["evictManifest"]>[1],
): Command<number | undefined> {
  const manifest = yield* queryOne<{ id: number; repository_id: number }>(
    `SELECT m.id, m.repository_id FROM repositories r JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.digest = $2 AND m.pulled_at <= $3`,
    ...[repository, digest, unlessPulledSince],
  );
  if (manifest === undefined) return undefined;
  const children = yield* listChildren(manifest.id);
  yield* removeManifest({ id: manifest.id, repositoryId: manifest.repository_id }, discarding.now);
  let freed = 0;
  for (const chunk of chunksOf(children)) {
    const loose = yield* looseAmong(manifest.repository_id, chunk, unmeasured);
    freed += (yield* releaseLinks(manifest.repository_id, loose, discarding)).bytes;
  }
  return freed;
}

/** Cached links that no manifest of their repository names, pulled before `before`, the longest unused first. */
export function* findLooseLinks(before: number, limit: number): Command<CachedLink[]> {
  const loose: CachedLink[] = [];
  let after: CachedLink = { pulledAt: -1, repositoryId: 0, digest: "" as Digest };
  for (let more = true; more && loose.length < limit;) {
    const page: readonly (CachedLink & { readonly named: number })[] = yield* query(
      `SELECT l.pulled_at AS "pulledAt", l.repository_id AS "repositoryId", l.digest,
         CASE WHEN EXISTS (SELECT 1 FROM manifest_edges e WHERE e.child = l.digest AND e.repository_id = l.repository_id)
           THEN 1 ELSE 0 END AS named
       FROM blob_links l
       WHERE l.pulled_at IS NOT NULL AND (l.pulled_at, l.repository_id, l.digest) > ($1, $2, $3) AND l.pulled_at < $4
       ORDER BY l.pulled_at, l.repository_id, l.digest LIMIT $5`,
      ...[after.pulledAt, after.repositoryId, after.digest, before, pageLinks],
    );
    loose.push(...page.filter((link) => link.named === 0));
    more = page.length === pageLinks;
    after = page.at(-1) ?? after;
  }
  return loose.slice(0, limit);
}

/** Gives up those of `links` that are loose still, and were not pulled since they were found to be. */
export function* evictLooseLinks(
  links: readonly CachedLink[],
  before: number,
  discarding: Discarding,
): Command<{ blobs: number; bytes: number }> {
  let [blobs, bytes] = [0, 0];
  for (const [repositoryId, digests] of digestsByRepository(links)) {
    for (const chunk of chunksOf(digests)) {
      const loose = yield* looseAmong(repositoryId, chunk, before);
      blobs += loose.length;
      bytes += (yield* releaseLinks(repositoryId, loose, discarding)).bytes;
    }
  }
  return { blobs, bytes };
}

/** A pull of the blob alone does not keep it, where its manifest goes. */
const unmeasured = Number.MAX_SAFE_INTEGER;

function* looseAmong(repositoryId: number, digests: readonly Digest[], before: number): Command<Digest[]> {
  const rows = yield* query<{ digest: Digest }>(
    `SELECT l.digest FROM blob_links l
     WHERE l.repository_id = $1 AND l.pulled_at < $2 AND l.digest IN (${parameterList(digests.length, 3)})
       AND NOT EXISTS (SELECT 1 FROM manifest_edges e WHERE e.child = l.digest AND e.repository_id = $1)`,
    ...[repositoryId, before, ...digests],
  );
  return rows.map((row) => row.digest);
}
