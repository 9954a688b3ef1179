// What a mirror keeps of other registries: which content is a copy that may go again, when it was pulled last, when a
// tag was confirmed, the downloads that are going on, and pins. Only additions: to a program of schema 1 cached content
// is content like any other, and what it pushes over cached content keeps the mark.
import type { Migration } from "./migration.ts";

const sqlite = `
-- when its upstream last confirmed it; NULL for a tag that was pushed
ALTER TABLE tags ADD COLUMN checked_at INTEGER;
-- NULL is pushed content; a time marks what is cached
ALTER TABLE manifests ADD COLUMN pulled_at INTEGER;
ALTER TABLE blob_links ADD COLUMN pulled_at INTEGER;

-- they hold all that a walk over what is cached wants to know, so that no row with its bytes is read for it
CREATE INDEX manifests_cached_by_pull ON manifests (pulled_at, repository_id, digest) WHERE pulled_at IS NOT NULL;
CREATE INDEX manifests_cached ON manifests (repository_id, digest) WHERE pulled_at IS NOT NULL;
CREATE INDEX blob_links_cached_by_pull ON blob_links (pulled_at, repository_id, digest) WHERE pulled_at IS NOT NULL;
CREATE INDEX blob_links_cached ON blob_links (digest, repository_id, pulled_at) WHERE pulled_at IS NOT NULL;

-- whether somebody is pushing to a repository that holds nothing yet
CREATE INDEX uploads_by_repository ON uploads (repository);

CREATE TABLE fills (
  repository TEXT NOT NULL,
  digest TEXT NOT NULL,
  holder TEXT NOT NULL,
  path TEXT NOT NULL,
  byte_offset INTEGER NOT NULL CHECK (byte_offset >= 0),
  size INTEGER,
  lease_until INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX fills_by_lease ON fills (lease_until, size);

CREATE TABLE mirror_pins (
  pattern TEXT PRIMARY KEY,
  pinned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

export const cachedContent: Migration = {
  version: 4,
  name: "cached content of other registries",
  readableBy: 1,
  sql: { sqlite },
};
