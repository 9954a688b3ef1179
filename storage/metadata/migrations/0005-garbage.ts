// What the collector goes by, and what everybody holds: hints on links and manifests, leases of long reads and of
// background work, usage by repository and project. Usage is kept by triggers, so that it is right whoever writes.
// Only additions: a program of schema 1 leaves no hints, so that what it deletes stays until somebody looks again
// (`relook`); and it takes no release back, which a trigger does for it, so that it loses nothing.
import type { Migration } from "./migration.ts";

const sqlite = `
-- the collector looks at them, a grace after that time; NULL is not to be looked at
ALTER TABLE blob_links ADD COLUMN touched_at INTEGER;
ALTER TABLE manifests ADD COLUMN released_at INTEGER;
CREATE INDEX blob_links_touched ON blob_links (touched_at, repository_id, digest) WHERE touched_at IS NOT NULL;
CREATE INDEX manifests_released ON manifests (released_at, repository_id, digest) WHERE released_at IS NOT NULL;

-- an older program knows of no release: what it pushes again is wanted again
CREATE TRIGGER release_of_pushed_again AFTER UPDATE OF media_type ON manifests WHEN NEW.released_at IS NOT NULL BEGIN
  UPDATE manifests SET released_at = NULL WHERE id = NEW.id;
END;

CREATE TABLE object_leases (
  locator TEXT NOT NULL,
  holder TEXT NOT NULL,
  until_at INTEGER NOT NULL,
  PRIMARY KEY (locator, holder)
) STRICT, WITHOUT ROWID;
CREATE INDEX object_leases_by_end ON object_leases (until_at, locator, holder);

CREATE TABLE job_leases (
  job TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until_at INTEGER NOT NULL,
  report TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE repository_usage (
  repository_id INTEGER PRIMARY KEY REFERENCES repositories (id),
  blob_bytes INTEGER NOT NULL,
  manifest_bytes INTEGER NOT NULL
) STRICT;
-- project as in repositories: empty for names of a single segment
CREATE TABLE project_usage (
  project TEXT PRIMARY KEY,
  blob_bytes INTEGER NOT NULL,
  manifest_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- how many of the project's repositories have the blob, which counts once
CREATE TABLE project_blobs (
  project TEXT NOT NULL,
  digest TEXT NOT NULL,
  links INTEGER NOT NULL,
  PRIMARY KEY (project, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_blobs_by_digest ON project_blobs (digest, project);

INSERT INTO repository_usage (repository_id, blob_bytes, manifest_bytes)
  SELECT r.id,
    coalesce((SELECT sum(b.size) FROM blob_links l JOIN blobs b ON b.digest = l.digest WHERE l.repository_id = r.id), 0),
    coalesce((SELECT sum(m.size) FROM manifests m WHERE m.repository_id = r.id), 0)
  FROM repositories r;
INSERT INTO project_blobs (project, digest, links)
  SELECT r.project, l.digest, count(*) FROM blob_links l JOIN repositories r ON r.id = l.repository_id
  GROUP BY r.project, l.digest;
INSERT INTO project_usage (project, blob_bytes, manifest_bytes)
  SELECT r.project,
    coalesce((SELECT sum(b.size) FROM project_blobs p JOIN blobs b ON b.digest = p.digest WHERE p.project = r.project), 0),
    sum(u.manifest_bytes)
  FROM repositories r JOIN repository_usage u ON u.repository_id = r.id GROUP BY r.project;

CREATE TRIGGER usage_of_added_link AFTER INSERT ON blob_links BEGIN
  INSERT INTO repository_usage (repository_id, blob_bytes, manifest_bytes)
    VALUES (NEW.repository_id, (SELECT size FROM blobs WHERE digest = NEW.digest), 0)
    ON CONFLICT (repository_id) DO UPDATE SET blob_bytes = blob_bytes + excluded.blob_bytes;
  INSERT INTO project_blobs (project, digest, links)
    VALUES ((SELECT project FROM repositories WHERE id = NEW.repository_id), NEW.digest, 1)
    ON CONFLICT (project, digest) DO UPDATE SET links = links + 1;
END;
CREATE TRIGGER usage_of_removed_link AFTER DELETE ON blob_links BEGIN
  UPDATE repository_usage SET blob_bytes = blob_bytes - (SELECT size FROM blobs WHERE digest = OLD.digest)
    WHERE repository_id = OLD.repository_id;
  UPDATE project_blobs SET links = links - 1
    WHERE project = (SELECT project FROM repositories WHERE id = OLD.repository_id) AND digest = OLD.digest;
  DELETE FROM project_blobs
    WHERE project = (SELECT project FROM repositories WHERE id = OLD.repository_id) AND digest = OLD.digest AND links = 0;
END;
CREATE TRIGGER usage_of_added_project_blob AFTER INSERT ON project_blobs BEGIN
  INSERT INTO project_usage (project, blob_bytes, manifest_bytes)
    VALUES (NEW.project, (SELECT size FROM blobs WHERE digest = NEW.digest), 0)
    ON CONFLICT (project) DO UPDATE SET blob_bytes = blob_bytes + excluded.blob_bytes;
END;
CREATE TRIGGER usage_of_removed_project_blob AFTER DELETE ON project_blobs BEGIN
  UPDATE project_usage SET blob_bytes = blob_bytes - (SELECT size FROM blobs WHERE digest = OLD.digest)
    WHERE project = OLD.project;
END;
CREATE TRIGGER usage_of_resized_blob AFTER UPDATE OF size ON blobs WHEN NEW.size <> OLD.size BEGIN
  UPDATE repository_usage SET blob_bytes = blob_bytes + NEW.size - OLD.size
    WHERE repository_id IN (SELECT repository_id FROM blob_links WHERE digest = NEW.digest);
  UPDATE project_usage SET blob_bytes = blob_bytes + NEW.size - OLD.size
    WHERE project IN (SELECT project FROM project_blobs WHERE digest = NEW.digest);
END;
CREATE TRIGGER usage_of_added_manifest AFTER INSERT ON manifests BEGIN
  INSERT INTO repository_usage (repository_id, blob_bytes, manifest_bytes) VALUES (NEW.repository_id, 0, NEW.size)
    ON CONFLICT (repository_id) DO UPDATE SET manifest_bytes = manifest_bytes + excluded.manifest_bytes;
  INSERT INTO project_usage (project, blob_bytes, manifest_bytes)
    VALUES ((SELECT project FROM repositories WHERE id = NEW.repository_id), 0, NEW.size)
    ON CONFLICT (project) DO UPDATE SET manifest_bytes = manifest_bytes + excluded.manifest_bytes;
END;
CREATE TRIGGER usage_of_removed_manifest AFTER DELETE ON manifests BEGIN
  UPDATE repository_usage SET manifest_bytes = manifest_bytes - OLD.size WHERE repository_id = OLD.repository_id;
  UPDATE project_usage SET manifest_bytes = manifest_bytes - OLD.size
    WHERE project = (SELECT project FROM repositories WHERE id = OLD.repository_id);
END;

-- what nobody collected until now: links that nothing names get their grace, blobs without a link are nobody's
UPDATE blob_links SET touched_at = unixepoch() * 1000
  WHERE pulled_at IS NULL AND NOT EXISTS
    (SELECT 1 FROM manifest_edges e WHERE e.child = blob_links.digest AND e.repository_id = blob_links.repository_id);
INSERT INTO discarded_objects (locator, discarded_at, due_at)
  SELECT locator, unixepoch() * 1000, (unixepoch() + 60) * 1000 FROM blobs
  WHERE NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = blobs.digest)
  ON CONFLICT (locator) DO NOTHING;
DELETE FROM blobs WHERE NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = blobs.digest);
`;

export const garbage: Migration = {
  version: 5,
  name: "hints for the collector, leases of reads and jobs, usage",
  readableBy: 1,
  sql: { sqlite },
};
