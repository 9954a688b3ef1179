// Manifests that stay though nothing tags or needs them: pushed by digest, or left by a tag that was moved. Only
// retention gives those up, and only as the collector does: by releasing what nothing needs.
import type { Digest } from "../../digest.ts";
import type { PageRequest } from "../metadata-store.ts";
import type { RetentionStore, UntaggedRoot } from "../retention-store.ts";
import { query, type Command } from "../statement.ts";
import { manifestFreeSince, type ManifestNode } from "./needs.ts";
import { startOf } from "./pages.ts";
import { lastPulls } from "./pull-times.ts";
import { release } from "./release.ts";
import { findRepositoryId } from "./repositories.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

interface ManifestRow extends ManifestNode {
  readonly pushedAt: number;
  /** Neither cached nor released. */
  readonly stays: 0 | 1;
  readonly wantedAt: number | null;
}

const columns = `m.id, m.repository_id AS "repositoryId", m.digest, m.subject, m.pushed_at AS "pushedAt",
  m.pulled_at IS NULL AND m.released_at IS NULL AS stays, t.wanted_at AS "wantedAt"`;
const source = "manifests m LEFT JOIN manifest_times t ON t.manifest_id = m.id";

export function* listUntagged(
  repository: string,
  page: PageRequest,
): Command<Awaited<ReturnType<RetentionStore["listUntagged"]>>> {
  const repositoryId = yield* findRepositoryId(repository);
  if (repositoryId === undefined) return { roots: [], looked: 0, next: undefined };
  const rows = yield* query<ManifestRow>(
    `SELECT ${columns} FROM ${source}
     WHERE m.repository_id = $1 AND m.digest > $2 ORDER BY m.digest LIMIT $3`,
    ...[repositoryId, startOf(page), page.limit],
  );
  const next = rows.length < page.limit ? undefined : rows.at(-1)?.digest;
  return { roots: yield* rootsAmong(rows), looked: rows.length, next };
}

export function* releaseUntagged(
  repository: string,
  judged: readonly UntaggedRoot[],
  now: number,
): Command<Digest[]> {
  const repositoryId = yield* findRepositoryId(repository);
  if (repositoryId === undefined) return [];
  const released: Digest[] = [];
  for (const chunk of chunksOf(judged)) {
    const rows = yield* query<ManifestRow>(
      `SELECT ${columns} FROM ${source}
       WHERE m.repository_id = $1 AND m.digest IN (${parameterList(chunk.length, 2)})`,
      ...[repositoryId, ...chunk.map(({ digest }) => digest)],
    );
    const asJudged = new Map(chunk.map((root) => [root.digest, root]));
    const same = (yield* rootsAmong(rows)).filter(({ digest, wantedAt, pulledAt }) => {
      const one = asJudged.get(digest);
      return one?.wantedAt === wantedAt && one.pulledAt === pulledAt;
    });
    const digests = same.map(({ digest }) => digest);
    released.push(...(yield* release(repository, digests, now)));
  }
  return released;
}

function* rootsAmong(rows: readonly ManifestRow[]): Command<UntaggedRoot[]> {
  const left: ManifestRow[] = [];
  for (const row of rows) {
    if (row.stays === 1 && (yield* manifestFreeSince(row)) !== undefined) left.push(row);
  }
  const pulls = yield* lastPulls(left.map(({ id }) => id));
  return left.map(({ id, digest, pushedAt, wantedAt }) => ({
    digest,
    wantedAt: Math.max(pushedAt, wantedAt ?? 0),
    pulledAt: pulls.get(id),
  }));
}
