// A fast path: hints on links, and whether anything names their blobs, by one statement that gives each column as one text.
// 10,000 of a million links take 16 ms of CPU so, in pages of a thousand; as rows, each then asked for by a statement of its
// own, they took 210, and without being asked for 26 (medians in one run on a busy machine): most of it is what a row and a
// statement cost on their way to JavaScript.
import type { Digest } from "../../digest.ts";
import { queryOne, type Command } from "../statement.ts";

export interface LookedAtLinks {
  readonly links: readonly LookedAtLink[];
  /** Where the next page begins; undefined when nothing was left to look at. */
  readonly last: TouchPlace | undefined;
}

export interface LookedAtLink {
  readonly repositoryId: number;
  readonly digest: Digest;
  /** By a manifest of the repository: the predicate of linkFreeSince (needs.ts) with nothing gone, for a whole page. */
  readonly isNamed: boolean;
}

export interface TouchPlace {
  readonly touchedAt: number;
  readonly repositoryId: number;
  readonly digest: Digest;
}

interface Columns {
  readonly repositoryIds: string | null;
  readonly digests: string;
  readonly named: string;
  readonly touchedAt: number;
}

/** Last touched by `before`, the longest untouched first. The truth for as long as the transaction lasts. */
export function* lookAtTouched(
  before: number,
  after: TouchPlace | undefined,
  limit: number,
): Command<LookedAtLinks> {
  const columns = yield* queryOne<Columns>(
    `SELECT string_agg(CAST(page.repository_id AS TEXT), ' ') AS "repositoryIds", string_agg(page.digest, ' ') AS digests,
       string_agg(CASE WHEN EXISTS (SELECT 1 FROM manifest_edges e
         WHERE e.child = page.digest AND e.repository_id = page.repository_id) THEN '1' ELSE '0' END, ' ') AS named,
       max(page.touched_at) AS "touchedAt"
     FROM (SELECT touched_at, repository_id, digest FROM blob_links
       WHERE touched_at IS NOT NULL AND touched_at <= $1 AND (touched_at, repository_id, digest) > ($2, $3, $4)
       ORDER BY touched_at, repository_id, digest LIMIT $5) page`,
    ...[before, after?.touchedAt ?? -1, after?.repositoryId ?? 0, after?.digest ?? "", limit],
  );
  if (columns === undefined || columns.repositoryIds === null) return { links: [], last: undefined };
  const { repositoryIds, digests, named, touchedAt } = columns;
  const ids = repositoryIds.split(" ").map(Number);
  const isNamed = named.split(" ");
  const links = (digests.split(" ") as Digest[]).map((digest, row) => ({
    ...{ repositoryId: ids[row] ?? 0, digest, isNamed: isNamed[row] !== "0" },
  }));
  const last = links.at(-1);
  return { links, last: last && { touchedAt, repositoryId: last.repositoryId, digest: last.digest } };
}
