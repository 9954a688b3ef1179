// What needs a manifest, and what names a blob, within a repository: the truth behind every hint. One text for whoever
// removes something and for whoever only plans to, as if some manifests were gone already.
import type { Digest } from "../../digest.ts";
import { query, queryOne, type Command } from "../statement.ts";

export interface ManifestNode {
  readonly id: number;
  readonly repositoryId: number;
  readonly digest: Digest;
  readonly subject: Digest | null;
}

/** Manifests that are to be taken as gone: id → when they were released. */
export type Gone = ReadonlyMap<number, number>;

const nothing: Gone = new Map();
const pageRows = 100;

export function* isTagged(manifestId: number): Command<boolean> {
  return (yield* queryOne("SELECT 1 FROM tags WHERE manifest_id = $1 LIMIT 1", manifestId)) !== undefined;
}

/**
 * Whether an untagged manifest goes with others: a pushed one that lists it, or its pushed subject. (An eviction releases
 * nothing.)
 */
export function* isHeld(manifestId: number): Command<boolean> {
  const row = yield* queryOne(
    `SELECT 1 FROM manifests m WHERE m.id = $1
       AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id)
       AND (EXISTS (SELECT 1 FROM manifests s
           WHERE s.repository_id = m.repository_id AND s.digest = m.subject AND s.pulled_at IS NULL)
         OR EXISTS (SELECT 1 FROM manifest_edges e JOIN manifests p ON p.id = e.manifest_id
           WHERE e.child = m.digest AND e.repository_id = m.repository_id AND e.kind = 'any'
             AND p.pulled_at IS NULL))`,
    manifestId,
  );
  return row !== undefined;
}

/**
 * Since when a manifest could go: undefined while a tag, a manifest that lists it, or its subject needs it; else when
 * the last of those that are gone was released, 0 without any.
 */
export function* manifestFreeSince(manifest: ManifestNode, gone = nothing): Command<number | undefined> {
  if (yield* isTagged(manifest.id)) return undefined;
  const { repositoryId, digest, subject } = manifest;
  const holders = subject === null ? [] : yield* findSubject(repositoryId, subject);
  const ofSubject = latest(holders, gone);
  if (ofSubject === undefined) return undefined;
  const ofIndexes = yield* unnamedSince(repositoryId, digest, "AND kind = 'any'", gone);
  return ofIndexes === undefined ? undefined : Math.max(ofSubject, ofIndexes);
}

/** The same for a link, which any manifest of the repository holds that names its blob. */
export function* linkFreeSince(
  repositoryId: number,
  digest: Digest,
  gone = nothing,
): Command<number | undefined> {
  return yield* unnamedSince(repositoryId, digest, "", gone);
}

function* findSubject(repositoryId: number, subject: Digest): Command<readonly { id: number }[]> {
  return yield* query<{ id: number }>(
    "SELECT id FROM manifests WHERE repository_id = $1 AND digest = $2",
    ...[repositoryId, subject],
  );
}

/** Goes through the manifests that name the digest until one is not gone: with none gone, that is the first. */
function* unnamedSince(
  repositoryId: number,
  child: Digest,
  condition: string,
  gone: Gone,
): Command<number | undefined> {
  let since = 0;
  for (let after = 0, more = true; more;) {
    const limit = gone.size === 0 ? 1 : pageRows;
    const parents = yield* query<{ id: number }>(
      `SELECT manifest_id AS id FROM manifest_edges
       WHERE child = $1 AND repository_id = $2 AND manifest_id > $3 ${condition} ORDER BY manifest_id LIMIT $4`,
      ...[child, repositoryId, after, limit],
    );
    const ofPage = latest(parents, gone);
    if (ofPage === undefined) return undefined;
    since = Math.max(since, ofPage);
    after = parents.at(-1)?.id ?? after;
    more = parents.length === limit;
  }
  return since;
}

/** When the last of `manifests` was released, 0 without any; undefined when one of them is not gone. */
function latest(manifests: readonly { readonly id: number }[], gone: Gone): number | undefined {
  let since = 0;
  for (const { id } of manifests) {
    const released = gone.get(id);
    if (released === undefined) return undefined;
    since = Math.max(since, released);
  }
  return since;
}
