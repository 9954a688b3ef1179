// Storing a manifest: precondition, then references, then the row with its edges and tags. Nothing is written before
// everything was checked, and one transaction holds it all.
import type { Digest } from "../../digest.ts";
import type { ManifestCommit, ManifestCommitResult, Precondition } from "../metadata-store.ts";
import type { Reference } from "../records.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { takeMarks } from "./cached-marks.ts";
import { addEdges, replaceEdges } from "./manifest-edges.ts";
import { noteWanted } from "./pull-times.ts";
import { findBreach } from "./quotas.ts";
import { wantManifest } from "./release.ts";
import { addToManifestCount, findRepositoryId, getRepositoryId } from "./repositories.ts";
import { chunksOf, parameterList } from "./row-lists.ts";
import { putTags } from "./tags.ts";

/** Enough to tell a client what is wrong; an index may name tens of thousands. */
const maxMissing = 100;

export function* commitManifest(commit: ManifestCommit): Command<ManifestCommitResult> {
  const known = yield* findRepositoryId(commit.repository);
  if (commit.precondition !== undefined) {
    const { tag, demand } = commit.precondition;
    const current = yield* currentDigest(known, tag, commit.digest);
    if (!holds(demand, current)) return { outcome: "precondition-failed", current };
  }
  const fixed = known === undefined ? undefined : yield* findFixed(known, commit);
  if (fixed !== undefined) return { outcome: "immutable", ...fixed };
  if (commit.referencePolicy === "required") {
    const missing = yield* listMissing(known, commit.references);
    if (missing.length > 0) return { outcome: "missing", digests: missing };
  }
  const { quota, repository } = commit;
  const added = { repository, kind: "manifest", digest: commit.digest, bytes: commit.bytes.length } as const;
  const breach = quota && (yield* findBreach({ ...quota, ...added }));
  if (breach !== undefined) return { outcome: "over-quota", breach };
  const repositoryId = known ?? (yield* getRepositoryId(commit.repository));
  const manifestId = yield* putManifest(repositoryId, commit);
  yield* wantManifest(manifestId, commit.now);
  const named = commit.references.map(({ digest }) => digest);
  yield* takeMarks(repositoryId, named);
  const { digest, now, by } = commit;
  yield* putTags(repositoryId, { id: manifestId, digest }, commit.tags, { now, by });
  return { outcome: "committed" };
}

/** The first of the immutable tags that points at another manifest. */
function* findFixed(
  repositoryId: number,
  { tags, digest, isImmutable }: ManifestCommit,
): Command<{ readonly tag: string; readonly current: Digest } | undefined> {
  if (isImmutable === undefined) return undefined;
  for (const chunk of chunksOf(tags.filter(isImmutable))) {
    const row = yield* queryOne<{ tag: string; current: Digest }>(
      `SELECT t.name AS tag, m.digest AS current FROM tags t JOIN manifests m ON m.id = t.manifest_id
       WHERE t.repository_id = $1 AND m.digest <> $2 AND t.name IN (${parameterList(chunk.length, 3)}) LIMIT 1`,
      ...[repositoryId, digest, ...chunk],
    );
    if (row !== undefined) return row;
  }
  return undefined;
}

function holds(demand: Precondition, current: Digest | undefined): boolean {
  switch (demand.kind) {
    case "absent":
      return current === undefined;
    case "matches":
      return current !== undefined && (demand.digests === "any" || demand.digests.includes(current));
    case "differs":
      return current === undefined || !demand.digests.includes(current);
  }
}

function* currentDigest(
  repositoryId: number | undefined,
  tag: string | undefined,
  digest: Digest,
): Command<Digest | undefined> {
  if (repositoryId === undefined) return undefined;
  const sql =
    tag === undefined
      ? "SELECT digest FROM manifests WHERE repository_id = $1 AND digest = $2"
      : `SELECT m.digest FROM tags t JOIN manifests m ON m.id = t.manifest_id
         WHERE t.repository_id = $1 AND t.name = $2`;
  const row = yield* queryOne<{ digest: Digest }>(sql, repositoryId, tag ?? digest);
  return row?.digest;
}

/** The first of the required references that the repository does not hold, in the order in which they are named. */
function* listMissing(repositoryId: number | undefined, references: readonly Reference[]): Command<Digest[]> {
  const missing = new Set<Digest>();
  for (const chunk of chunksOf(references.filter((reference) => reference.required))) {
    const blobs = repositoryId === undefined ? new Set() : yield* presentBlobs(repositoryId, chunk);
    const others = chunk.filter(({ kind, digest }) => kind === "any" && !blobs.has(digest));
    const manifests =
      repositoryId === undefined || others.length === 0
        ? new Set()
        : yield* presentManifests(repositoryId, others);
    for (const { digest, kind } of chunk) {
      if (!blobs.has(digest) && !(kind === "any" && manifests.has(digest))) missing.add(digest);
    }
    if (missing.size >= maxMissing) break;
  }
  return [...missing].slice(0, maxMissing);
}

function* presentBlobs(repositoryId: number, references: readonly Reference[]): Command<ReadonlySet<Digest>> {
  const rows = yield* query<{ digest: Digest }>(
    `SELECT b.digest FROM blob_links l JOIN blobs b ON b.digest = l.digest
     WHERE l.repository_id = $1 AND l.digest IN (${parameterList(references.length, 2)}) AND b.state = 'present'`,
    repositoryId,
    ...references.map((reference) => reference.digest),
  );
  return new Set(rows.map((row) => row.digest));
}

function* presentManifests(
  repositoryId: number,
  references: readonly Reference[],
): Command<ReadonlySet<Digest>> {
  const rows = yield* query<{ digest: Digest }>(
    `SELECT digest FROM manifests
     WHERE repository_id = $1 AND digest IN (${parameterList(references.length, 2)}) AND damaged_at IS NULL`,
    repositoryId,
    ...references.map((reference) => reference.digest),
  );
  return new Set(rows.map((row) => row.digest));
}

/**
 * Stores the row and its edges, gives its id. Stored again, it keeps its time; how it is to be read may change, and what
 * was damaged is sound again.
 * @param pulledAt marks it as cached, unless it was pushed before; undefined for a push, which takes the mark away
 */
export function* putManifest(
  repositoryId: number,
  commit: Omit<ManifestCommit, "referencePolicy" | "precondition">,
  pulledAt?: number,
): Command<number> {
  const { digest, mediaType, bytes, artifactType = null, subject = null, references, now } = commit;
  const annotations = commit.annotations === undefined ? null : JSON.stringify(commit.annotations);
  const inserted = yield* queryOne<{ id: number }>(
    `INSERT INTO manifests
       (repository_id, digest, media_type, artifact_type, subject, annotations, size, pushed_at, bytes, pulled_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (repository_id, digest) DO NOTHING RETURNING id`,
    ...[
      repositoryId,
      digest,
      mediaType,
      artifactType,
      subject,
      annotations,
      bytes.length,
      now,
      bytes,
      pulledAt ?? null,
    ],
  );
  if (inserted !== undefined) {
    yield* addToManifestCount(repositoryId, 1);
    yield* addEdges({ id: inserted.id, repositoryId }, references, now);
    return inserted.id;
  }
  const updated = yield* queryOne<{ id: number }>(
    `UPDATE manifests SET media_type = $3, artifact_type = $4, subject = $5, annotations = $6, bytes = $8, damaged_at = NULL,
       pulled_at = CASE WHEN pulled_at IS NULL THEN NULL ELSE $7 END
     WHERE repository_id = $1 AND digest = $2 RETURNING id`,
    ...[repositoryId, digest, mediaType, artifactType, subject, annotations, pulledAt ?? null, bytes],
  );
  if (updated === undefined) throw new Error(`the row of manifest ${digest} vanished within a transaction`);
  if (pulledAt === undefined) yield* noteWanted(updated.id, now);
  yield* replaceEdges({ id: updated.id, repositoryId }, references, now);
  return updated.id;
}
