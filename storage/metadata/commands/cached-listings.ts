// What is cached, as lists: by last pull for eviction, by repository for people.
import type { Digest } from "../../digest.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import type { CachedContent, CachedManifest, Eviction } from "../mirror-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { pageOf, startOf } from "./pages.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

interface CachedRow {
  readonly id: number;
  readonly repository_id: number;
  readonly repository: string;
  readonly digest: Digest;
  readonly subject: Digest | null;
  readonly size: number;
  readonly pulled_at: number;
}

type Node = Pick<CachedRow, "id" | "digest" | "subject">;

const columns = "m.id, m.repository_id, r.name AS repository, m.digest, m.subject, m.size, m.pulled_at";

export function* listCachedByPull(options: Parameters<Eviction["listByPull"]>[0]): Command<CachedManifest[]> {
  const rows = yield* query<CachedRow>(
    `SELECT ${columns} FROM manifests m JOIN repositories r ON r.id = m.repository_id
     WHERE m.pulled_at IS NOT NULL AND m.pulled_at < $1
     ORDER BY m.pulled_at, m.repository_id, m.digest LIMIT $2 OFFSET $3`,
    ...[options.before, options.limit, options.offset],
  );
  const manifests: CachedManifest[] = [];
  for (const row of rows) manifests.push(toCached(row, yield* tagsAbove(row.repository_id, row)));
  return manifests;
}

function toCached(row: CachedRow, tags: readonly string[]): CachedManifest {
  return { repository: row.repository, digest: row.digest, pulledAt: row.pulled_at, tags };
}

/** The tags by which a manifest is reached: its own, of indexes that list it, of the image that it refers to. */
function* tagsAbove(repositoryId: number, manifest: Node): Command<string[]> {
  const seen = new Set([manifest.id]);
  for (let level: readonly Node[] = [manifest]; level.length > 0;) {
    const above = [
      ...(yield* listingIndexes(repositoryId, level)),
      ...(yield* subjects(repositoryId, level)),
    ];
    level = above.filter(({ id }) => !seen.has(id) && seen.add(id));
  }
  const tags: string[] = [];
  for (const chunk of chunksOf([...seen])) {
    const sql = `SELECT name FROM tags WHERE manifest_id IN (${parameterList(chunk.length)})`;
    const rows = yield* query<{ name: string }>(sql, ...chunk);
    tags.push(...rows.map(({ name }) => name));
  }
  return tags.sort();
}

function* listingIndexes(repositoryId: number, children: readonly Node[]): Command<Node[]> {
  const found: Node[] = [];
  for (const chunk of chunksOf(children)) {
    const rows = yield* query<Node>(
      `SELECT m.id, m.digest, m.subject FROM manifest_edges e JOIN manifests m ON m.id = e.manifest_id
       WHERE e.repository_id = $1 AND e.kind = 'any' AND e.child IN (${parameterList(chunk.length, 2)})`,
      repositoryId,
      ...chunk.map(({ digest }) => digest),
    );
    found.push(...rows);
  }
  return found;
}

function* subjects(repositoryId: number, referrers: readonly Node[]): Command<Node[]> {
  const found: Node[] = [];
  const digests = referrers.flatMap(({ subject }) => subject ?? []);
  for (const chunk of chunksOf(digests)) {
    const rows = yield* query<Node>(
      `SELECT id, digest, subject FROM manifests
       WHERE repository_id = $1 AND digest IN (${parameterList(chunk.length, 2)})`,
      repositoryId,
      ...chunk,
    );
    found.push(...rows);
  }
  return found;
}

type ListedManifest = Awaited<ReturnType<CachedContent["listManifests"]>>["entries"][number];

export function* listCachedManifests(repository: string, page: PageRequest): Command<Page<ListedManifest>> {
  const rows = yield* query<CachedRow>(
    `SELECT ${columns} FROM repositories r JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.pulled_at IS NOT NULL AND m.digest > $2 ORDER BY m.digest LIMIT $3`,
    ...[repository, startOf(page), page.limit + 1],
  );
  const { entries, more } = pageOf(rows, page.limit, (row) => row);
  const manifests: ListedManifest[] = [];
  for (const row of entries) {
    const own = yield* queryOne<{ checked_at: number | null }>(
      "SELECT max(checked_at) AS checked_at FROM tags WHERE manifest_id = $1",
      row.id,
    );
    const tags = yield* tagsAbove(row.repository_id, row);
    manifests.push({ ...toCached(row, tags), checkedAt: own?.checked_at ?? undefined, size: row.size });
  }
  return { entries: manifests, more };
}

export function* listCachedRepositories(
  page: Parameters<CachedContent["listRepositories"]>[0],
): Command<Page<string>> {
  const { upstream } = page;
  const rows = yield* query<{ name: string }>(
    `SELECT r.name FROM repositories r
     WHERE ${upstream === undefined ? "" : "r.project = $3 AND"} r.manifest_count > 0 AND r.name > $1
       AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id AND m.pulled_at IS NOT NULL)
     ORDER BY r.name LIMIT $2`,
    ...[startOf(page), page.limit + 1],
    ...(upstream === undefined ? [] : [upstream]),
  );
  return pageOf(rows, page.limit, (row) => row.name);
}
