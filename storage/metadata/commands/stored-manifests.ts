// Manifests as rows, over all repositories, and those whose bytes are not what their digest says; beside them, who has a
// blob: for looking after the store as a whole.
import type { Digest } from "../../digest.ts";
import type { BlobHolder, IntegrityStore, StoredManifestRecord } from "../integrity-store.ts";
import { query, type Command } from "../statement.ts";

export function* listHolders(digest: Digest, limit: number): Command<BlobHolder[]> {
  const rows = yield* query<{ repository: string; cached: number }>(
    `SELECT r.name AS repository, CASE WHEN l.pulled_at IS NULL THEN 0 ELSE 1 END AS cached
     FROM blob_links l JOIN repositories r ON r.id = l.repository_id WHERE l.digest = $1 LIMIT $2`,
    ...[digest, limit],
  );
  return rows.map(({ repository, cached }) => ({ repository, cached: cached === 1 }));
}

type Page = Parameters<IntegrityStore["listManifests"]>[0];

export function* listStoredManifests({
  after = 0,
  limit,
}: Page): Command<Awaited<ReturnType<IntegrityStore["listManifests"]>>> {
  const rows = yield* query<StoredManifestRecord & { id: number; damaged: number }>(
    `SELECT m.id, r.name AS repository, m.digest, m.bytes,
       CASE WHEN m.damaged_at IS NULL THEN 0 ELSE 1 END AS damaged
     FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE m.id > $1 ORDER BY m.id LIMIT $2`,
    ...[after, limit],
  );
  const sound = rows.filter(({ damaged }) => damaged === 0);
  const entries = sound.map(({ repository, digest, bytes }) => ({ repository, digest, bytes }));
  return { entries, next: rows.length < limit ? undefined : rows.at(-1)?.id };
}

export function* markManifestDamaged(
  { repository, digest, bytes }: StoredManifestRecord,
  now: number,
): Command<boolean> {
  const marked = yield* query(
    `UPDATE manifests SET damaged_at = $4
     WHERE repository_id = (SELECT id FROM repositories WHERE name = $1) AND digest = $2 AND bytes = $3
       AND damaged_at IS NULL
     RETURNING id`,
    ...[repository, digest, bytes, now],
  );
  return marked.length > 0;
}
