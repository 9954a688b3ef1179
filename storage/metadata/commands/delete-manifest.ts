// Removing a manifest: by digest, refused while a present index lists it; and what follows from the removal.
import type { Digest } from "../../digest.ts";
import type { ManifestDeleteResult, ManifestRemoval } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { findParent, listChildren, removeAllEdges } from "./manifest-edges.ts";
import { releaseFollowers } from "./release.ts";
import { addToManifestCount } from "./repositories.ts";
import { findTagOf, removeTagsOf } from "./tags.ts";

const pageRows = 100;

interface RemovedManifest {
  readonly id: number;
  readonly repositoryId: number;
  readonly digest: Digest;
}

export function* deleteManifest(
  repository: string,
  digest: Digest,
  now: number,
  { by: remover, isImmutable }: ManifestRemoval = {},
): Command<ManifestDeleteResult> {
  const manifest = yield* queryOne<RemovedManifest>(
    `SELECT m.id, m.repository_id AS "repositoryId", m.digest FROM repositories r
     JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.digest = $2`,
    repository,
    digest,
  );
  if (manifest === undefined) return { outcome: "absent" };
  const by = yield* findParent(manifest.repositoryId, digest, "any");
  if (by !== undefined) return { outcome: "needed", by };
  const fixed = isImmutable && (yield* findTagOf(manifest, isImmutable));
  if (fixed !== undefined) return { outcome: "immutable", tag: fixed };
  yield* removeTagsOf(manifest.id, manifest.repositoryId, { digest, at: now, by: remover });
  yield* removeWithFollowers(manifest, now);
  return { outcome: "deleted" };
}

/**
 * Removes it, and releases what it listed and what refers to it.
 * @param at when it was released itself
 * @returns how many rows that was about
 */
export function* removeWithFollowers(manifest: RemovedManifest, at: number): Command<number> {
  const children = yield* listChildren(manifest.id, "any");
  const followers = [...children, ...(yield* listReferring(manifest))];
  const edges = yield* removeManifest(manifest, at);
  yield* releaseFollowers(manifest.repositoryId, followers, at);
  return edges + followers.length;
}

/**
 * With its tags and edges, whoever lists it; the links to its blobs are touched at `at`. Gives the number of edges.
 * Manifests that it listed stay as they are: what a mirror forgets says nothing about what was pushed.
 */
export function* removeManifest(
  { id, repositoryId }: Pick<RemovedManifest, "id" | "repositoryId">,
  at: number,
): Command<number> {
  yield* removeTagsOf(id, repositoryId);
  const edges = yield* removeAllEdges({ id, repositoryId }, at);
  yield* query("DELETE FROM manifests WHERE id = $1", id);
  yield* addToManifestCount(repositoryId, -1);
  return edges;
}

/** The manifests of the repository whose subject it is. */
export function* listReferring({
  repositoryId,
  digest,
}: Pick<RemovedManifest, "repositoryId" | "digest">): Command<Digest[]> {
  const found: Digest[] = [];
  for (let more = true; more;) {
    const page = yield* query<{ digest: Digest }>(
      `SELECT digest FROM manifests WHERE repository_id = $1 AND subject = $2 AND digest > $3
       ORDER BY digest LIMIT $4`,
      ...[repositoryId, digest, found.at(-1) ?? "", pageRows],
    );
    found.push(...page.map((row) => row.digest));
    more = page.length === pageRows;
  }
  return found;
}
