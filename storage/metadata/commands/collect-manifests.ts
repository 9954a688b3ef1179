// Collecting manifests. Being released is a hint, which the step that removes one checks:
//
//                last tag deleted, last index gone, subject gone, a rule of retention
//   wanted ────────────────────────────────────────────────────────────────────────▶ released, since released_at
//     ▲  (released_at NULL)                                                             │          │ a grace later
//     └──── pushed again, tagged ───────────────────────────────────────────────────────┘          ▼
//     └──── something needs it ◀───────────────────────────────────────────────────────────── looked at
//                                                                 nothing needs it ──▶ gone │
//                          what it listed, what refers to it: released, its links: touched, both at its released_at
import type { CollectionStep, GarbageStore, HeldContent } from "../garbage-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { removeWithFollowers } from "./delete-manifest.ts";
import { manifestFreeSince, type ManifestNode } from "./needs.ts";
import { keepManifest } from "./release.ts";

export interface ReleasedManifest extends ManifestNode {
  readonly repository: string;
  readonly releasedAt: number;
}

type Collected = Awaited<ReturnType<GarbageStore["collectManifests"]>>;

export function* collectManifests({ before, limit }: CollectionStep): Command<Collected> {
  const collected: HeldContent[] = [];
  let [looked, rows] = [0, 0];
  for (const manifest of yield* listReleased(before, undefined, limit)) {
    if (rows >= limit) break;
    looked += 1;
    rows += 1;
    if ((yield* manifestFreeSince(manifest)) === undefined) {
      yield* keepManifest(manifest.id);
      continue;
    }
    rows += yield* removeWithFollowers(manifest, manifest.releasedAt);
    collected.push({ repository: manifest.repository, digest: manifest.digest });
  }
  return { looked, collected, more: yield* isAnyReleased(before) };
}

/** Released by `before`, the longest released first. */
export function* listReleased(
  before: number,
  after: Pick<ReleasedManifest, "releasedAt" | "repositoryId" | "digest"> | undefined,
  limit: number,
): Command<readonly ReleasedManifest[]> {
  return yield* query<ReleasedManifest>(
    `SELECT m.id, m.repository_id AS "repositoryId", r.name AS repository, m.digest, m.subject,
       m.released_at AS "releasedAt"
     FROM manifests m JOIN repositories r ON r.id = m.repository_id
     WHERE m.released_at IS NOT NULL AND m.released_at <= $1 AND (m.released_at, m.repository_id, m.digest) > ($2, $3, $4)
     ORDER BY m.released_at, m.repository_id, m.digest LIMIT $5`,
    ...[before, after?.releasedAt ?? -1, after?.repositoryId ?? 0, after?.digest ?? "", limit],
  );
}

function* isAnyReleased(before: number): Command<boolean> {
  const row = yield* queryOne(
    "SELECT 1 FROM manifests WHERE released_at IS NOT NULL AND released_at <= $1 LIMIT 1",
    before,
  );
  return row !== undefined;
}
