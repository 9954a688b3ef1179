// The first schema: repositories, manifests with their edges and tags, blobs with their links, upload sessions, and
// the queue of objects to delete. Text is compared byte by byte, which is the order of code points (the default in
// SQLite; COLLATE "C" in PostgreSQL). Times are milliseconds since 1970.
import type { Migration } from "./migration.ts";

const sqlite = `
CREATE TABLE repositories (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  manifest_count INTEGER NOT NULL DEFAULT 0 CHECK (manifest_count >= 0)
) STRICT;
CREATE INDEX repositories_with_manifests ON repositories (name) WHERE manifest_count > 0;

CREATE TABLE blobs (
  digest TEXT PRIMARY KEY,
  locator TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL CHECK (size >= 0),
  state TEXT NOT NULL CHECK (state IN ('present', 'deleting', 'damaged')),
  -- the number of rows of manifest_edges, over all repositories, whose child is this digest
  reference_count INTEGER NOT NULL CHECK (reference_count >= 0),
  touched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_unreferenced ON blobs (touched_at) WHERE reference_count = 0;

CREATE TABLE blob_links (
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  digest TEXT NOT NULL REFERENCES blobs (digest),
  linked_at INTEGER NOT NULL,
  PRIMARY KEY (repository_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_links_by_digest ON blob_links (digest);

-- bytes stand last: reading the columns before them does not walk through a long row
CREATE TABLE manifests (
  id INTEGER PRIMARY KEY,
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  digest TEXT NOT NULL,
  media_type TEXT NOT NULL,
  artifact_type TEXT,
  subject TEXT,
  size INTEGER NOT NULL,
  pushed_at INTEGER NOT NULL,
  annotations TEXT,
  bytes BLOB NOT NULL,
  UNIQUE (repository_id, digest)
) STRICT;
CREATE INDEX manifests_by_subject ON manifests (repository_id, subject, digest) WHERE subject IS NOT NULL;
CREATE INDEX manifests_by_subject_and_type ON manifests (repository_id, subject, artifact_type, digest)
  WHERE subject IS NOT NULL;

-- children need not exist: mirrors hold parts of an index; repository_id repeats the manifest's
CREATE TABLE manifest_edges (
  manifest_id INTEGER NOT NULL REFERENCES manifests (id),
  child TEXT NOT NULL,
  repository_id INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('blob', 'any')),
  PRIMARY KEY (manifest_id, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX manifest_edges_by_child ON manifest_edges (child, repository_id);

CREATE TABLE tags (
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  name TEXT NOT NULL,
  manifest_id INTEGER NOT NULL REFERENCES manifests (id),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (repository_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_manifest ON tags (manifest_id);

CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  repository TEXT NOT NULL,
  state TEXT NOT NULL,
  byte_offset INTEGER NOT NULL CHECK (byte_offset >= 0),
  algorithm TEXT NOT NULL,
  lease_holder TEXT,
  lease_until INTEGER,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_by_expiry ON uploads (expires_at, id);

CREATE TABLE discarded_objects (
  locator TEXT PRIMARY KEY,
  discarded_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX discarded_objects_by_due ON discarded_objects (due_at, locator);
`;

export const initialSchema: Migration = {
  version: 1,
  name: "initial schema",
  readableBy: 1,
  sql: { sqlite },
};
