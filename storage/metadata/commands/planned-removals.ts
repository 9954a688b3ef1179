// What the collector would remove, were some manifests gone already: the questions of a plan, which only read. The
// predicates are those of the collector itself (needs.ts).
import type { Digest } from "../../digest.ts";
import { query, queryOne, type Command } from "../statement.ts";
import type { ReleasedManifest } from "./collect-manifests.ts";
import type { TouchedLink } from "./collect-links.ts";
import { listReferring } from "./delete-manifest.ts";
import { listChildren } from "./manifest-edges.ts";
import { linkFreeSince, manifestFreeSince, type Gone } from "./needs.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

/** A manifest that may go: one that was released, or what would be when others go. */
export type ManifestCandidate = Omit<ReleasedManifest, "releasedAt"> & { readonly releasedAt: number | null };
export type LinkCandidate = Omit<TouchedLink, "touchedAt"> & { readonly touchedAt: number | null };

/** Those that the collector would remove, with the time that it would see as that of their release. */
export function* freeManifests(
  candidates: readonly ManifestCandidate[],
  gone: Gone,
  before: number,
): Command<ReleasedManifest[]> {
  const free: ReleasedManifest[] = [];
  for (const candidate of candidates) {
    if (gone.has(candidate.id)) continue;
    const since = yield* manifestFreeSince(candidate, gone);
    if (since === undefined) continue;
    const releasedAt = Math.max(since, candidate.releasedAt ?? 0);
    if (releasedAt <= before) free.push({ ...candidate, releasedAt });
  }
  return free;
}

/** What is released when this one goes: pushed manifests that it lists, or that refer to it. */
export function* followersOf(manifest: ManifestCandidate): Command<ManifestCandidate[]> {
  const digests = [...(yield* listChildren(manifest.id, "any")), ...(yield* listReferring(manifest))];
  const followers: ManifestCandidate[] = [];
  for (const chunk of chunksOf(digests)) {
    const rows = yield* query<Omit<ManifestCandidate, "repository">>(
      `SELECT id, repository_id AS "repositoryId", digest, subject, released_at AS "releasedAt" FROM manifests
       WHERE repository_id = $1 AND digest IN (${parameterList(chunk.length, 2)}) AND pulled_at IS NULL`,
      ...[manifest.repositoryId, ...chunk],
    );
    for (const row of rows) followers.push({ ...row, repository: manifest.repository });
  }
  return followers;
}

/** The links to blobs that a manifest names. */
export function* linksOf(manifest: ManifestCandidate): Command<LinkCandidate[]> {
  const links: LinkCandidate[] = [];
  for (const chunk of chunksOf(yield* listChildren(manifest.id))) {
    const rows = yield* query<Omit<LinkCandidate, "repository">>(
      `SELECT repository_id AS "repositoryId", digest, touched_at AS "touchedAt" FROM blob_links
       WHERE repository_id = $1 AND digest IN (${parameterList(chunk.length, 2)}) AND pulled_at IS NULL`,
      ...[manifest.repositoryId, ...chunk],
    );
    for (const row of rows) links.push({ ...row, repository: manifest.repository });
  }
  return links;
}

export function* freeLinks(
  candidates: readonly LinkCandidate[],
  gone: Gone,
  before: number,
): Command<TouchedLink[]> {
  const free: TouchedLink[] = [];
  for (const candidate of candidates) {
    const since = yield* linkFreeSince(candidate.repositoryId, candidate.digest, gone);
    if (since === undefined) continue;
    const touchedAt = Math.max(since, candidate.touchedAt ?? 0);
    if (touchedAt <= before) free.push({ ...candidate, touchedAt });
  }
  return free;
}

/** Those of `blobs` that have no more than this number of links; bytes count only where they are sound. */
export function* lastLinked(
  blobs: readonly { readonly digest: Digest; readonly links: number }[],
): Command<{ digest: Digest; size: number }[]> {
  const last: { digest: Digest; size: number }[] = [];
  for (const { digest, links } of blobs) {
    const sql = "SELECT repository_id FROM blob_links WHERE digest = $1 LIMIT $2";
    if ((yield* query(sql, digest, links + 1)).length > links) continue;
    const row = yield* queryOne<{ size: number; state: string }>(
      "SELECT size, state FROM blobs WHERE digest = $1",
      digest,
    );
    if (row !== undefined) last.push({ digest, size: row.state === "present" ? row.size : 0 });
  }
  return last;
}
