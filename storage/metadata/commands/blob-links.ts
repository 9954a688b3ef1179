// Blobs and the repositories that they are linked to. The row of a blob decides which locator holds its bytes:
//
//   (none) ──commit──▶ present ──markDamaged──▶ damaged ──┐
//     ▲                 │   ▲                       │      │
//     │                 │   └──commit (new locator)─┘      ├── the old locator goes to the delete queue
//     └── its last link goes ◀─────────────────────────────┘       (damaged ──markSound──▶ present: its bytes came back)
//
// (`deleting` is what older programs might have left; a commit revives it too.)
import type { Locator } from "../../blobs/stored-object.ts";
import type { Digest } from "../../digest.ts";
import type { BlobCommit, BlobLinks, BlobUnlinkResult, WholeBlobCommit } from "../metadata-store.ts";
import type { Visibility } from "../access-store.ts";
import type { BlobRecord } from "../records.ts";
import type { QuotaBreach } from "../usage-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { discardObject, readerGraceMilliseconds, reclaimObject } from "./discarded-objects.ts";
import { findParent } from "./manifest-edges.ts";
import { findBreach } from "./quotas.ts";
import { releaseLinks } from "./release-links.ts";
import { getRepositoryId } from "./repositories.ts";
import { visibilityCondition } from "./visibility.ts";

/** Some links are looked at in a millisecond; a digest may have a hundred thousand of them. */
const pageLinks = 1000;

export function* findBlob(repository: string, digest: Digest): Command<BlobRecord | undefined> {
  const row = yield* queryOne<{ locator: Locator; size: number }>(
    `SELECT b.locator, b.size FROM repositories r
     JOIN blob_links l ON l.repository_id = r.id
     JOIN blobs b ON b.digest = l.digest
     WHERE r.name = $1 AND l.digest = $2 AND b.state = 'present'`,
    repository,
    digest,
  );
  return row && { digest, locator: row.locator, size: row.size };
}

export function* locateBlob(digest: Digest): Command<BlobRecord | undefined> {
  const row = yield* queryOne<{ locator: Locator; size: number }>(
    "SELECT locator, size FROM blobs WHERE digest = $1 AND state = 'present'",
    digest,
  );
  return row && { digest, locator: row.locator, size: row.size };
}

export function* commitBlob(commit: BlobCommit): Command<boolean | QuotaBreach> {
  const { uploadId, holder, repository, blob, now } = commit;
  const session = yield* queryOne(
    "DELETE FROM uploads WHERE id = $1 AND repository = $2 AND lease_holder = $3 RETURNING id",
    uploadId,
    repository,
    holder,
  );
  if (session === undefined) {
    yield* discardObject(blob.locator, now, now);
    return false;
  }
  return yield* commitWholeBlob(commit);
}

export function* commitWholeBlob(commit: WholeBlobCommit): Command<true | QuotaBreach> {
  const { repository, blob, now, quota } = commit;
  const { digest, size: bytes } = blob;
  const breach = quota && (yield* findBreach({ ...quota, repository, kind: "blob", digest, bytes }));
  if (breach !== undefined) {
    yield* discardObject(blob.locator, now, now);
    return breach;
  }
  yield* putBlob(blob, now);
  yield* linkBlob(repository, digest, now);
  return true;
}

/** Makes the digest's bytes sound: those that are there, or else those offered. What is not kept is discarded. */
export function* putBlob({ digest, locator, size }: BlobRecord, now: number): Command<void> {
  const inserted = yield* queryOne(
    `INSERT INTO blobs (digest, locator, size, state, reference_count, touched_at)
     VALUES ($1, $2, $3, 'present', (SELECT count(*) FROM manifest_edges WHERE child = $1), $4)
     ON CONFLICT (digest) DO NOTHING RETURNING digest`,
    ...[digest, locator, size, now],
  );
  if (inserted !== undefined) return yield* reclaimObject(locator);
  const old = yield* queryOne<{ locator: Locator; state: string }>(
    "SELECT locator, state FROM blobs WHERE digest = $1",
    digest,
  );
  if (old === undefined) throw new Error(`the row of blob ${digest} vanished within a transaction`);
  if (old.state === "present") {
    yield* query("UPDATE blobs SET touched_at = $2 WHERE digest = $1 AND touched_at < $2", digest, now);
    yield* discardObject(locator, now, now);
    return;
  }
  yield* query(
    "UPDATE blobs SET locator = $2, size = $3, state = 'present', touched_at = $4 WHERE digest = $1",
    ...[digest, locator, size, now],
  );
  yield* reclaimObject(locator);
  yield* discardObject(old.locator, now, now + readerGraceMilliseconds);
}

/**
 * Links the blob; a push touches the link, so that it stays for a grace while nothing names it.
 * @param pulledAt marks the link as cached, unless it was pushed before; undefined for a push, which takes the mark away
 */
export function* linkBlob(repository: string, digest: Digest, now: number, pulledAt?: number): Command<void> {
  const repositoryId = yield* getRepositoryId(repository);
  const touchedAt = pulledAt === undefined ? now : null;
  yield* query(
    `INSERT INTO blob_links (repository_id, digest, linked_at, pulled_at, touched_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (repository_id, digest) DO UPDATE SET pulled_at = excluded.pulled_at,
       touched_at = CASE WHEN blob_links.touched_at > $5 THEN blob_links.touched_at ELSE $5 END
     WHERE blob_links.pulled_at IS NOT NULL OR $5 IS NOT NULL`,
    ...[repositoryId, digest, now, pulledAt ?? null, touchedAt],
  );
}

export function* mountBlob(mount: Parameters<BlobLinks["mount"]>[0]): Command<boolean | QuotaBreach> {
  const { repository, digest, from, visibility, now, quota } = mount;
  const found =
    from === undefined
      ? yield* isLinkedVisibly(digest, visibility)
      : (yield* findBlob(from, digest)) !== undefined;
  if (!found) return false;
  const bytes = quota === undefined ? 0 : ((yield* locateBlob(digest))?.size ?? 0);
  const breach = quota && (yield* findBreach({ ...quota, repository, kind: "blob", digest, bytes }));
  if (breach !== undefined) return breach;
  yield* query("UPDATE blobs SET touched_at = $2 WHERE digest = $1 AND touched_at < $2", digest, now);
  yield* linkBlob(repository, digest, now);
  return true;
}

/** Whether the blob is present in a repository that somebody may see: by its links, a bounded number at a time. */
export function* isLinkedVisibly(digest: Digest, visibility: Visibility): Command<boolean> {
  if ((yield* locateBlob(digest)) === undefined) return false;
  const columns = { projectColumn: "r.project", nameColumn: "r.name", first: 4 };
  const visible = visibilityCondition(visibility, columns);
  for (let after = 0, more = true; more;) {
    const page = yield* queryOne<{ links: number; last: number; visible: number }>(
      `SELECT count(*) AS links, max(r.id) AS last, max(CASE WHEN ${visible.sql} THEN 1 ELSE 0 END) AS visible
       FROM repositories r WHERE r.id IN (
         SELECT repository_id FROM blob_links WHERE digest = $1 AND repository_id > $2
         ORDER BY repository_id LIMIT $3)`,
      ...[digest, after, pageLinks],
      ...visible.parameters,
    );
    if (page?.visible === 1) return true;
    more = page?.links === pageLinks;
    after = page?.last ?? 0;
  }
  return false;
}

export function* unlinkBlob(repository: string, digest: Digest, now: number): Command<BlobUnlinkResult> {
  const link = yield* queryOne<{ repository_id: number }>(
    `SELECT l.repository_id FROM repositories r
     JOIN blob_links l ON l.repository_id = r.id
     JOIN blobs b ON b.digest = l.digest
     WHERE r.name = $1 AND l.digest = $2 AND b.state = 'present'`,
    repository,
    digest,
  );
  if (link === undefined) return { outcome: "absent" };
  const by = yield* findParent(link.repository_id, digest);
  if (by !== undefined) return { outcome: "needed", by };
  yield* releaseLinks(link.repository_id, [digest], { now, dueAt: now + readerGraceMilliseconds });
  return { outcome: "unlinked" };
}

export function* markBlobDamaged(digest: Digest, locator: Locator): Command<boolean> {
  const marked = yield* query(
    "UPDATE blobs SET state = 'damaged' WHERE digest = $1 AND locator = $2 AND state = 'present' RETURNING digest",
    digest,
    locator,
  );
  return marked.length > 0;
}

export function* markBlobSound(digest: Digest, locator: Locator): Command<boolean> {
  const marked = yield* query(
    "UPDATE blobs SET state = 'present' WHERE digest = $1 AND locator = $2 AND state = 'damaged' RETURNING digest",
    digest,
    locator,
  );
  return marked.length > 0;
}
