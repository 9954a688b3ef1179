// Tags as an upstream said them: with the time of its last word.
import type { Digest } from "../../digest.ts";
import type { CachedTag } from "../mirror-store.ts";
import { queryOne, type Command } from "../statement.ts";
import { putTags } from "./tags.ts";

export function* findCachedTag(repository: string, tag: string): Command<CachedTag | undefined> {
  const row = yield* queryOne<{
    digest: Digest;
    media_type: string;
    bytes: Buffer;
    checked_at: number | null;
  }>(
    `SELECT m.digest, m.media_type, m.bytes, t.checked_at FROM repositories r
     JOIN tags t ON t.repository_id = r.id
     JOIN manifests m ON m.id = t.manifest_id
     WHERE r.name = $1 AND t.name = $2`,
    repository,
    tag,
  );
  if (row === undefined) return undefined;
  const manifest = { digest: row.digest, mediaType: row.media_type, bytes: row.bytes };
  return { manifest, checkedAt: row.checked_at ?? undefined };
}

export function* confirmTag(repository: string, tag: string, digest: Digest, now: number): Command<boolean> {
  const manifest = yield* queryOne<{ id: number; repository_id: number }>(
    `SELECT m.id, m.repository_id FROM repositories r JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.digest = $2`,
    repository,
    digest,
  );
  if (manifest === undefined) return false;
  const same = yield* queryOne(
    `UPDATE tags SET checked_at = $4 WHERE repository_id = $1 AND name = $2 AND manifest_id = $3 RETURNING name`,
    ...[manifest.repository_id, tag, manifest.id, now],
  );
  if (same === undefined)
    yield* putTags(manifest.repository_id, { id: manifest.id, digest }, [tag], { now, checkedAt: now });
  return true;
}
