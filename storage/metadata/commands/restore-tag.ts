// Bringing a tag back: what it pointed at last, or once, as long as the manifest is there.
//
//   DELETE of the tag ──▶ manifest released ──a grace later──▶ gone: too late
//                              │ restored
//                              ▼
//                         tagged again, wanted again
import type { Digest } from "../../digest.ts";
import { queryOne, type Command } from "../statement.ts";
import type { TagRestore, TagRestoreResult } from "../tag-history-store.ts";
import { findRepositoryId } from "./repositories.ts";
import { putTags } from "./tags.ts";

export function* restoreTag(restore: TagRestore): Command<TagRestoreResult> {
  const { tag, now, by } = restore;
  const repositoryId = yield* findRepositoryId(restore.repository);
  if (repositoryId === undefined) return { outcome: "unknown" };
  const current = yield* findTagged(repositoryId, tag);
  const last = yield* findLast(repositoryId, tag);
  const digest = restore.digest ?? last;
  if (digest === undefined) return { outcome: "unknown" };
  if (current === restore.digest && current !== undefined) return { outcome: "unchanged", digest };
  const only = current ?? last;
  if (restore.isImmutable && only !== undefined && only !== digest) return { outcome: "immutable", only };
  if (current !== undefined && restore.digest === undefined) return { outcome: "occupied", current };
  if (!(yield* wasTagged(repositoryId, tag, digest))) return { outcome: "unknown" };
  const manifest = yield* queryOne<{ id: number }>(
    "SELECT id FROM manifests WHERE repository_id = $1 AND digest = $2 AND pulled_at IS NULL",
    ...[repositoryId, digest],
  );
  if (manifest === undefined) return { outcome: "gone", digest };
  yield* putTags(repositoryId, { id: manifest.id, digest }, [tag], { now, by, restored: true });
  return { outcome: "restored", digest, previous: current };
}

function* findTagged(repositoryId: number, tag: string): Command<Digest | undefined> {
  const row = yield* queryOne<{ digest: Digest }>(
    `SELECT m.digest FROM tags t JOIN manifests m ON m.id = t.manifest_id
     WHERE t.repository_id = $1 AND t.name = $2`,
    ...[repositoryId, tag],
  );
  return row?.digest;
}

/** Of a tag that is gone: what it pointed at when it went. */
function* findLast(repositoryId: number, tag: string): Command<Digest | undefined> {
  const row = yield* queryOne<{ digest: Digest }>(
    "SELECT digest FROM tag_events WHERE repository_id = $1 AND name = $2 ORDER BY id DESC LIMIT 1",
    ...[repositoryId, tag],
  );
  return row?.digest;
}

function* wasTagged(repositoryId: number, tag: string, digest: Digest): Command<boolean> {
  const row = yield* queryOne(
    `SELECT 1 FROM tag_events
     WHERE repository_id = $1 AND name = $2 AND (digest = $3 OR previous = $3) LIMIT 1`,
    ...[repositoryId, tag, digest],
  );
  return row !== undefined;
}
