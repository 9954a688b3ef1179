// Collecting links, and with the last one the blob. A touch is a hint too, which the step that removes a link checks:
//
//   (none) ──commit, mount──▶ touched, at touched_at ◀──commit, mount, HEAD of a pusher, an edge removed──┐
//                                  │ a grace later                                                        │
//                                  ▼                                                                      │
//                              looked at ──a manifest of the repository names it──▶ at rest (touched_at NULL)
//                                  │ nothing names it
//                                  ▼
//                                (none) ──it was the last──▶ the blob has no row: 404, a push makes a new one
//                                                            its locator waits ──due, and not leased──▶ no bytes
//
// Links of a mirror (pulled_at) are never touched: they are the evictor's.
import type { Digest } from "../../digest.ts";
import type { CollectionStep, GarbageStore } from "../garbage-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { lookAtTouched } from "./looked-at-links.ts";
import { digestsByRepository, releaseLinks, type Discarding } from "./release-links.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

export interface TouchedLink {
  readonly repositoryId: number;
  readonly repository: string;
  readonly digest: Digest;
  readonly touchedAt: number;
}

type Collected = Awaited<ReturnType<GarbageStore["collectLinks"]>>;

export function* collectLinks({
  before,
  limit,
  ...discarding
}: CollectionStep & Discarding): Command<Collected> {
  const { links: touched } = yield* lookAtTouched(before, undefined, limit);
  let [links, blobs, bytes] = [0, 0, 0];
  for (const [repositoryId, named] of digestsByRepository(touched.filter(({ isNamed }) => isNamed)))
    yield* putAtRest(repositoryId, named);
  for (const [repositoryId, loose] of digestsByRepository(touched.filter(({ isNamed }) => !isNamed))) {
    const claimed = yield* releaseLinks(repositoryId, loose, discarding);
    links += loose.length;
    blobs += claimed.blobs;
    bytes += claimed.bytes;
  }
  return { looked: touched.length, links, blobs, bytes, more: yield* isAnyTouched(before) };
}

/** Last touched by `before`, the longest untouched first. */
export function* listTouched(
  before: number,
  after: Pick<TouchedLink, "touchedAt" | "repositoryId" | "digest"> | undefined,
  limit: number,
): Command<readonly TouchedLink[]> {
  return yield* query<TouchedLink>(
    `SELECT l.repository_id AS "repositoryId", r.name AS repository, l.digest, l.touched_at AS "touchedAt"
     FROM blob_links l JOIN repositories r ON r.id = l.repository_id
     WHERE l.touched_at IS NOT NULL AND l.touched_at <= $1 AND (l.touched_at, l.repository_id, l.digest) > ($2, $3, $4)
     ORDER BY l.touched_at, l.repository_id, l.digest LIMIT $5`,
    ...[before, after?.touchedAt ?? -1, after?.repositoryId ?? 0, after?.digest ?? "", limit],
  );
}

function* putAtRest(repositoryId: number, digests: readonly Digest[]): Command<void> {
  for (const chunk of chunksOf(digests)) {
    yield* query(
      `UPDATE blob_links SET touched_at = NULL
       WHERE repository_id = $1 AND digest IN (${parameterList(chunk.length, 2)})`,
      ...[repositoryId, ...chunk],
    );
  }
}

function* isAnyTouched(before: number): Command<boolean> {
  const row = yield* queryOne(
    "SELECT 1 FROM blob_links WHERE touched_at IS NOT NULL AND touched_at <= $1 LIMIT 1",
    before,
  );
  return row !== undefined;
}
