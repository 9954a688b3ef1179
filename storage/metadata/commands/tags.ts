// Tags: names within a repository that point at one of its manifests.
import type { Digest } from "../../digest.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { pageOf, startOf } from "./pages.ts";
import { keepManifest, releaseWithoutTag, wantManifest } from "./release.ts";
import { chunksOf, parameterList, rowList } from "./row-lists.ts";

const pageRows = 100;

export function* listTags(repository: string, page: PageRequest): Command<Page<string>> {
  const rows = yield* query<{ name: string }>(
    `SELECT t.name FROM repositories r JOIN tags t ON t.repository_id = r.id
     WHERE r.name = $1 AND t.name > $2 ORDER BY t.name LIMIT $3`,
    repository,
    startOf(page),
    page.limit + 1,
  );
  return pageOf(rows, page.limit, (row) => row.name);
}

export function* deleteTag(
  repository: string,
  tag: string,
  now: number,
  only?: readonly Digest[],
): Command<boolean> {
  const row = yield* queryOne<{ repository_id: number; manifest_id: number; digest: Digest }>(
    `SELECT t.repository_id, t.manifest_id, m.digest FROM repositories r
     JOIN tags t ON t.repository_id = r.id JOIN manifests m ON m.id = t.manifest_id
     WHERE r.name = $1 AND t.name = $2`,
    repository,
    tag,
  );
  if (row === undefined || only?.includes(row.digest) === false) return false;
  yield* query("DELETE FROM tags WHERE repository_id = $1 AND name = $2", row.repository_id, tag);
  yield* releaseWithoutTag(row.manifest_id, now);
  return true;
}

/**
 * Points every one of `tags` at the manifest, wherever it pointed before: what a tag is moved away from stays.
 * @param checkedAt when an upstream said so; undefined for a push
 */
export function* putTags(
  repositoryId: number,
  manifestId: number,
  tags: readonly string[],
  now: number,
  checkedAt?: number,
): Command<void> {
  if (tags.length > 0) yield* keepManifest(manifestId);
  for (const chunk of chunksOf([...new Set(tags)])) {
    const left = yield* query<{ id: number }>(
      `SELECT t.manifest_id AS id FROM tags t
       WHERE t.repository_id = $1 AND t.manifest_id <> $2 AND t.name IN (${parameterList(chunk.length, 3)})`,
      ...[repositoryId, manifestId, ...chunk],
    );
    yield* query(
      `INSERT INTO tags (repository_id, name, manifest_id, updated_at, checked_at) VALUES ${rowList(chunk.length, 5)}
       ON CONFLICT (repository_id, name) DO UPDATE SET
         manifest_id = excluded.manifest_id, updated_at = excluded.updated_at, checked_at = excluded.checked_at`,
      ...chunk.flatMap((tag) => [repositoryId, tag, manifestId, now, checkedAt ?? null]),
    );
    for (const id of new Set(left.map((row) => row.id))) yield* wantManifest(id, now);
  }
}

export function* removeTagsOf(manifestId: number, repositoryId: number): Command<void> {
  for (let more = true; more;) {
    const page = yield* query<{ name: string }>(
      "SELECT name FROM tags WHERE manifest_id = $1 LIMIT $2",
      manifestId,
      pageRows,
    );
    if (page.length > 0) {
      yield* query(
        `DELETE FROM tags WHERE repository_id = $1 AND name IN (${parameterList(page.length, 2)})`,
        repositoryId,
        ...page.map((row) => row.name),
      );
    }
    more = page.length === pageRows;
  }
}
