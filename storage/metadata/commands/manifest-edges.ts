// Which digests a manifest names. Every change of an edge goes through here, because each one is counted:
// blobs.reference_count is the number of edges, over all repositories, whose child is that digest; and whatever loses an
// edge is a thing for the collector to look at.
import type { Digest } from "../../digest.ts";
import type { Reference } from "../records.ts";
import { query, type Command } from "../statement.ts";
import { chunksOf, parameterList, rowList } from "./row-lists.ts";

type EdgeKind = Reference["kind"];

interface Parent {
  readonly id: number;
  readonly repositoryId: number;
}

const pageRows = 100;

/** One edge per digest. A digest that is named both ways may be a manifest, which is what `any` says. */
function edgesOf(references: readonly Reference[]): Map<Digest, EdgeKind> {
  const edges = new Map<Digest, EdgeKind>();
  for (const { digest, kind } of references) {
    if (edges.get(digest) !== "any") edges.set(digest, kind);
  }
  return edges;
}

/** Gives a new manifest its edges, and says that their blobs were needed just now. */
export function* addEdges(parent: Parent, references: readonly Reference[], now: number): Command<void> {
  yield* insertEdges(parent, [...edgesOf(references)], now);
}

/**
 * Makes the edges of a manifest that is stored again what they should be. The same bytes name the same digests, unless
 * they are read as another media type than before.
 */
export function* replaceEdges(parent: Parent, references: readonly Reference[], now: number): Command<void> {
  const missing = edgesOf(references);
  const kept: Digest[] = [];
  const stale: Digest[] = [];
  for (let after = "", more = true; more;) {
    const page = yield* listEdges(parent.id, after);
    for (const { child, kind } of page) {
      if (missing.get(child) === kind && missing.delete(child)) kept.push(child);
      else stale.push(child);
    }
    after = page.at(-1)?.child ?? after;
    more = page.length === pageRows;
  }
  yield* removeEdges(parent, stale, now);
  yield* insertEdges(parent, [...missing], now);
  for (const chunk of chunksOf(kept)) yield* touchBlobs(chunk, 0, now);
}

/** Takes all its edges from a manifest that is going; gives their number. */
export function* removeAllEdges(parent: Parent, at: number): Command<number> {
  let removed = 0;
  for (let more = true; more;) {
    const page = yield* listEdges(parent.id, "");
    const children = page.map((edge) => edge.child);
    yield* removeEdges(parent, children, at);
    removed += page.length;
    more = page.length === pageRows;
  }
  return removed;
}

/** The digests that a manifest names, whichever way or only as `kind`. */
export function* listChildren(manifestId: number, kind?: EdgeKind): Command<Digest[]> {
  const children: Digest[] = [];
  for (let after = "", more = true; more;) {
    const page = yield* listEdges(manifestId, after);
    for (const edge of page) if (kind === undefined || edge.kind === kind) children.push(edge.child);
    after = page.at(-1)?.child ?? after;
    more = page.length === pageRows;
  }
  return children;
}

function* listEdges(
  manifestId: number,
  after: string,
): Command<readonly { child: Digest; kind: EdgeKind }[]> {
  return yield* query<{ child: Digest; kind: EdgeKind }>(
    "SELECT child, kind FROM manifest_edges WHERE manifest_id = $1 AND child > $2 ORDER BY child LIMIT $3",
    manifestId,
    after,
    pageRows,
  );
}

function* insertEdges(
  parent: Parent,
  edges: readonly (readonly [Digest, EdgeKind])[],
  now: number,
): Command<void> {
  for (const chunk of chunksOf(edges)) {
    yield* query(
      `INSERT INTO manifest_edges (manifest_id, child, repository_id, kind) VALUES ${rowList(chunk.length, 4)}`,
      ...chunk.flatMap(([child, kind]) => [parent.id, child, parent.repositoryId, kind]),
    );
    yield* touchBlobs(
      chunk.map(([child]) => child),
      1,
      now,
    );
  }
}

/** The links to what was named are touched at `at`, so that the collector looks whether something names them still. */
function* removeEdges(parent: Parent, children: readonly Digest[], at: number): Command<void> {
  for (const chunk of chunksOf(children)) {
    yield* query(
      `DELETE FROM manifest_edges WHERE manifest_id = $1 AND child IN (${parameterList(chunk.length, 2)})`,
      parent.id,
      ...chunk,
    );
    yield* query(
      `UPDATE blobs SET reference_count = reference_count - 1 WHERE digest IN (${parameterList(chunk.length)})`,
      ...chunk,
    );
    yield* query(
      `UPDATE blob_links SET touched_at = $2
       WHERE repository_id = $1 AND digest IN (${parameterList(chunk.length, 3)})
         AND pulled_at IS NULL AND (touched_at IS NULL OR touched_at < $2)`,
      ...[parent.repositoryId, at, ...chunk],
    );
  }
}

function* touchBlobs(digests: readonly Digest[], countChange: number, now: number): Command<void> {
  yield* query(
    `UPDATE blobs SET reference_count = reference_count + $1,
       touched_at = CASE WHEN touched_at < $2 THEN $2 ELSE touched_at END
     WHERE digest IN (${parameterList(digests.length, 3)})`,
    countChange,
    now,
    ...digests,
  );
}

/** A manifest of the repository that names `child`, whichever way or only as `kind`. */
export function* findParent(
  repositoryId: number,
  child: Digest,
  kind?: EdgeKind,
): Command<Digest | undefined> {
  const [row] = yield* query<{ digest: Digest }>(
    `SELECT m.digest FROM manifest_edges e JOIN manifests m ON m.id = e.manifest_id
     WHERE e.child = $1 AND e.repository_id = $2 ${kind === undefined ? "" : "AND e.kind = $3"} LIMIT 1`,
    child,
    repositoryId,
    ...(kind === undefined ? [] : [kind]),
  );
  return row?.digest;
}
