// When what was pushed was last pulled or wanted: noting it, and finding it for a manifest with all that it lists, since
// whoever asks for the image of one platform uses the index that lists it.
import type { Digest } from "../../digest.ts";
import type { RetentionStore } from "../retention-store.ts";
import { query, type Command } from "../statement.ts";
import { findRepositoryId } from "./repositories.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

type Pulls = Parameters<RetentionStore["notePulls"]>[0];

export function* notePulls(pulled: Pulls, at: number): Command<void> {
  for (const [repository, pulls] of byRepository(pulled)) {
    const repositoryId = yield* findRepositoryId(repository);
    if (repositoryId === undefined) continue;
    const digests = new Set(pulls.map(({ digest }) => digest));
    for (const chunk of chunksOf([...digests])) yield* noteManifests(repositoryId, chunk, at);
    const tags = new Set(pulls.flatMap(({ tag }) => tag ?? []));
    for (const chunk of chunksOf([...tags])) yield* noteTags(repositoryId, chunk, at);
  }
}

function byRepository(pulled: Pulls): ReadonlyMap<string, Pulls> {
  const sorted = new Map<string, Pulls[number][]>();
  for (const pull of pulled) {
    const pulls = sorted.get(pull.repository) ?? [];
    sorted.set(pull.repository, pulls);
    pulls.push(pull);
  }
  return sorted;
}

function* noteManifests(repositoryId: number, digests: readonly Digest[], at: number): Command<void> {
  yield* query(
    `INSERT INTO manifest_times (manifest_id, pulled_at)
     SELECT id, $1 FROM manifests
     WHERE repository_id = $2 AND digest IN (${parameterList(digests.length, 3)}) AND pulled_at IS NULL
     ON CONFLICT (manifest_id) DO UPDATE SET pulled_at = excluded.pulled_at
       WHERE manifest_times.pulled_at IS NULL OR manifest_times.pulled_at < excluded.pulled_at`,
    ...[at, repositoryId, ...digests],
  );
}

function* noteTags(repositoryId: number, tags: readonly string[], at: number): Command<void> {
  yield* query(
    `UPDATE tags SET pulled_at = $1
     WHERE repository_id = $2 AND name IN (${parameterList(tags.length, 3)})
       AND checked_at IS NULL AND (pulled_at IS NULL OR pulled_at < $1)`,
    ...[at, repositoryId, ...tags],
  );
}

/** It was there, and was pushed once more. */
export function* noteWanted(manifestId: number, now: number): Command<void> {
  yield* query(
    `INSERT INTO manifest_times (manifest_id, wanted_at) VALUES ($1, $2)
     ON CONFLICT (manifest_id) DO UPDATE SET wanted_at = excluded.wanted_at
       WHERE manifest_times.wanted_at IS NULL OR manifest_times.wanted_at < excluded.wanted_at`,
    ...[manifestId, now],
  );
}

/** The last known pull of each of them, or of what they list, at whatever depth. */
export function* lastPulls(manifestIds: readonly number[]): Command<ReadonlyMap<number, number>> {
  const last = new Map<number, number>();
  for (const chunk of chunksOf([...new Set(manifestIds)])) {
    const rows = yield* query<{ root: number; pulledAt: number }>(
      `WITH RECURSIVE below (root, id) AS (
         SELECT id, id FROM manifests WHERE id IN (${parameterList(chunk.length)})
         UNION
         SELECT b.root, m.id FROM below b
           CROSS JOIN manifest_edges e ON e.manifest_id = b.id AND e.kind = 'any'
           CROSS JOIN manifests m ON m.repository_id = e.repository_id AND m.digest = e.child)
       SELECT b.root, t.pulled_at AS "pulledAt" FROM below b CROSS JOIN manifest_times t ON t.manifest_id = b.id
       WHERE t.pulled_at IS NOT NULL`,
      ...chunk,
    );
    for (const { root, pulledAt } of rows) last.set(root, Math.max(pulledAt, last.get(root) ?? 0));
  }
  return last;
}
