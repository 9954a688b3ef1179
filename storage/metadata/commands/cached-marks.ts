// The mark of cached content, which is a time of the last pull on manifests and on links of blobs. It says that the
// content may go again; so whatever somebody pushed, and whatever that names, has none:
//
//   (none) ──cached commit──▶ cached ──pull──▶ cached, later ──eviction──▶ (none)
//   (none) ──push──▶ pushed      └──push of it, or of what names it──▶ pushed
import type { Digest } from "../../digest.ts";
import { query, type Command } from "../statement.ts";
import { listChildren } from "./manifest-edges.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

/** What a pushed manifest names was vouched for by its push, down to the last layer. */
export function* takeMarks(repositoryId: number, digests: readonly Digest[]): Command<void> {
  for (let named = digests; named.length > 0;) {
    const unmarked: { readonly id: number }[] = [];
    for (const chunk of chunksOf(named)) {
      const these = `repository_id = $1 AND digest IN (${parameterList(chunk.length, 2)}) AND pulled_at IS NOT NULL`;
      yield* query(`UPDATE blob_links SET pulled_at = NULL WHERE ${these}`, repositoryId, ...chunk);
      const sql = `UPDATE manifests SET pulled_at = NULL WHERE ${these} RETURNING id`;
      unmarked.push(...(yield* query<{ id: number }>(sql, repositoryId, ...chunk)));
    }
    const next: Digest[] = [];
    for (const { id } of unmarked) next.push(...(yield* listChildren(id)));
    named = next;
  }
}

/** Notes a pull of cached content; of what was pushed nothing is noted. Never earlier than what is noted already. */
export function* touchCached(
  pulled: readonly { readonly repository: string; readonly digest: Digest }[],
  now: number,
): Command<void> {
  for (const [repository, digests] of digestsByRepository(pulled)) {
    for (const chunk of chunksOf(digests)) {
      for (const table of ["manifests", "blob_links"]) {
        yield* query(
          `UPDATE ${table} SET pulled_at = $1
           WHERE repository_id = (SELECT id FROM repositories WHERE name = $2)
             AND digest IN (${parameterList(chunk.length, 3)}) AND pulled_at < $1`,
          ...[now, repository, ...chunk],
        );
      }
    }
  }
}

function digestsByRepository(
  pulled: readonly { readonly repository: string; readonly digest: Digest }[],
): ReadonlyMap<string, Digest[]> {
  const digests = new Map<string, Digest[]>();
  for (const { repository, digest } of pulled) {
    digests.set(repository, [...(digests.get(repository) ?? []), digest]);
  }
  return digests;
}
