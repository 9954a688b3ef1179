// Keeping what an upstream gave: as a push does it, but whatever is absent of what a manifest names, and with the mark
// of cached content.
import type { CachedContent } from "../mirror-store.ts";
import { query, type Command } from "../statement.ts";
import { isLinkedVisibly, linkBlob, putBlob } from "./blob-links.ts";
import { putManifest } from "./commit-manifest.ts";
import { findParent } from "./manifest-edges.ts";
import { findRepositoryId, getRepositoryId } from "./repositories.ts";
import { putTags } from "./tags.ts";

export function* commitCachedManifest(commit: Parameters<CachedContent["commitManifest"]>[0]): Command<void> {
  const { now } = commit;
  const repositoryId = yield* getRepositoryId(commit.repository);
  const manifestId = yield* putManifest(repositoryId, commit, now);
  yield* putTags(repositoryId, { id: manifestId, digest: commit.digest }, commit.tags, {
    now,
    checkedAt: now,
  });
}

export function* commitCachedBlob(commit: Parameters<CachedContent["commitBlob"]>[0]): Command<void> {
  const { repository, blob, now } = commit;
  yield* putBlob(blob, now);
  yield* linkBlob(repository, blob.digest, now, now);
}

export function* linkCachedBlob(link: Parameters<CachedContent["linkBlob"]>[0]): Command<boolean> {
  const { repository, digest, from, now } = link;
  const repositoryId = yield* findRepositoryId(repository);
  if (repositoryId === undefined || (yield* findParent(repositoryId, digest)) === undefined) return false;
  if (!(yield* isLinkedVisibly(digest, from))) return false;
  yield* query("UPDATE blobs SET touched_at = $2 WHERE digest = $1 AND touched_at < $2", digest, now);
  yield* linkBlob(repository, digest, now, now);
  return true;
}
