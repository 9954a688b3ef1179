// Tags: names within a repository that point at one of its manifests.
import type { Digest } from "../../digest.ts";
import type { Page, PageRequest, TagRemoval } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { pageOf, startOf } from "./pages.ts";
import { keepManifest, releaseWithoutTag, wantManifest } from "./release.ts";
import { chunksOf, parameterList, rowList } from "./row-lists.ts";
import { noteTagEvents, type NewTagEvent } from "./tag-events.ts";

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
  { kind = "deleted", by }: TagRemoval = {},
): Command<boolean> {
  const row = yield* queryOne<{
    repository_id: number;
    manifest_id: number;
    digest: Digest;
    checked_at: number | null;
  }>(
    `SELECT t.repository_id, t.manifest_id, t.checked_at, m.digest FROM repositories r
     JOIN tags t ON t.repository_id = r.id JOIN manifests m ON m.id = t.manifest_id
     WHERE r.name = $1 AND t.name = $2`,
    repository,
    tag,
  );
  if (row === undefined || only?.includes(row.digest) === false) return false;
  yield* query("DELETE FROM tags WHERE repository_id = $1 AND name = $2", row.repository_id, tag);
  yield* releaseWithoutTag(row.manifest_id, now);
  if (row.checked_at === null) {
    yield* noteTagEvents(row.repository_id, [{ tag, kind, digest: row.digest, at: now, by }]);
  }
  return true;
}

export interface TagChange {
  readonly now: number;
  readonly by?: string | undefined;
  /** When an upstream said so; undefined for a push, which alone is remembered. */
  readonly checkedAt?: number | undefined;
  readonly restored?: boolean;
}

interface TagBefore {
  readonly name: string;
  readonly id: number;
  readonly digest: Digest;
}

/** Points every one of `tags` at the manifest, wherever it pointed before: what a tag is moved away from stays. */
export function* putTags(
  repositoryId: number,
  manifest: { readonly id: number; readonly digest: Digest },
  tags: readonly string[],
  change: TagChange,
): Command<void> {
  const { now, checkedAt = null } = change;
  if (tags.length > 0) yield* keepManifest(manifest.id);
  for (const chunk of chunksOf([...new Set(tags)])) {
    const before = yield* query<TagBefore>(
      `SELECT t.name, t.manifest_id AS id, m.digest FROM tags t JOIN manifests m ON m.id = t.manifest_id
       WHERE t.repository_id = $1 AND t.name IN (${parameterList(chunk.length, 2)})`,
      ...[repositoryId, ...chunk],
    );
    yield* query(
      `INSERT INTO tags (repository_id, name, manifest_id, updated_at, checked_at) VALUES ${rowList(chunk.length, 5)}
       ON CONFLICT (repository_id, name) DO UPDATE SET
         manifest_id = excluded.manifest_id, updated_at = excluded.updated_at, checked_at = excluded.checked_at`,
      ...chunk.flatMap((tag) => [repositoryId, tag, manifest.id, now, checkedAt]),
    );
    const left = new Set(before.map(({ id }) => id).filter((id) => id !== manifest.id));
    for (const id of left) yield* wantManifest(id, now);
    if (checkedAt === null) {
      yield* noteTagEvents(repositoryId, eventsOf(chunk, before, { ...change, digest: manifest.digest }));
    }
  }
}

/** None of tags that point where they did: a build that is run again changes nothing. */
function eventsOf(
  tags: readonly string[],
  before: readonly TagBefore[],
  { digest, now: at, by, restored = false }: TagChange & { readonly digest: Digest },
): NewTagEvent[] {
  const known = new Map(before.map((tag) => [tag.name, tag.digest]));
  return tags.flatMap((tag): NewTagEvent[] => {
    const previous = known.get(tag);
    if (previous === digest) return [];
    const kind = restored ? "restored" : previous === undefined ? "pushed" : "moved";
    return [{ tag, kind, digest, previous, at, by }];
  });
}

/** The first tag of the manifest that `fits`. */
export function* findTagOf(
  { id, repositoryId }: { readonly id: number; readonly repositoryId: number },
  fits: (tag: string) => boolean,
): Command<string | undefined> {
  for (let [after, more] = ["", true]; more;) {
    const page: readonly { name: string }[] = yield* query<{ name: string }>(
      "SELECT name FROM tags WHERE manifest_id = $1 AND repository_id = $2 AND name > $3 ORDER BY name LIMIT $4",
      ...[id, repositoryId, after, pageRows],
    );
    const found = page.find(({ name }) => fits(name));
    if (found !== undefined) return found.name;
    [after, more] = [page.at(-1)?.name ?? after, page.length === pageRows];
  }
  return undefined;
}

/** @param removal the manifest was deleted: of its pushed tags that is remembered */
export function* removeTagsOf(
  manifestId: number,
  repositoryId: number,
  removal?: { readonly digest: Digest; readonly at: number; readonly by?: string | undefined },
): Command<void> {
  for (let more = true; more;) {
    const page = yield* query<{ name: string; checked_at: number | null }>(
      "SELECT name, checked_at FROM tags WHERE manifest_id = $1 LIMIT $2",
      ...[manifestId, pageRows],
    );
    if (page.length > 0) {
      yield* query(
        `DELETE FROM tags WHERE repository_id = $1 AND name IN (${parameterList(page.length, 2)})`,
        repositoryId,
        ...page.map((row) => row.name),
      );
    }
    if (removal !== undefined) {
      const pushed = page.filter((row) => row.checked_at === null);
      yield* noteTagEvents(
        repositoryId,
        pushed.map(({ name: tag }) => ({ tag, kind: "manifest-deleted", ...removal })),
      );
    }
    more = page.length === pageRows;
  }
}
