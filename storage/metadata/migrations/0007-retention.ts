// What rules of retention go by: when what was pushed was pulled last, and since when what nothing tags is left over.
// Only additions: what a program of schema 6 is asked for meanwhile is not noted. Nobody knows what was pulled before
// this step, or since when something has no tag, so that both count as of now: no rule gives up by mistake what is in use.
import type { Migration } from "./migration.ts";

const sqlite = `
-- of pushed tags, by name of the tag
ALTER TABLE tags ADD COLUMN pulled_at INTEGER;
UPDATE tags SET pulled_at = unixepoch() * 1000 WHERE checked_at IS NULL;

-- of pushed manifests; apart from them, so that noting a pull rewrites no row with its bytes
CREATE TABLE manifest_times (
  manifest_id INTEGER PRIMARY KEY,
  -- by its digest or by a tag
  pulled_at INTEGER,
  -- it was pushed once more, or a tag was moved away from it
  wanted_at INTEGER
) STRICT;
INSERT INTO manifest_times (manifest_id, wanted_at)
  SELECT id, unixepoch() * 1000 FROM manifests
  WHERE pulled_at IS NULL AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = manifests.id);

-- by triggers, so that whoever moves a tag or removes a manifest sees to it
CREATE TRIGGER times_of_left_manifest AFTER UPDATE OF manifest_id ON tags
WHEN NEW.manifest_id <> OLD.manifest_id AND NEW.checked_at IS NULL BEGIN
  INSERT INTO manifest_times (manifest_id, wanted_at) VALUES (OLD.manifest_id, NEW.updated_at)
    ON CONFLICT (manifest_id) DO UPDATE SET wanted_at = max(coalesce(wanted_at, 0), excluded.wanted_at);
END;
CREATE TRIGGER times_of_removed_manifest AFTER DELETE ON manifests BEGIN
  DELETE FROM manifest_times WHERE manifest_id = OLD.id;
END;
`;

export const retention: Migration = {
  version: 7,
  name: "times of pulls, for retention",
  readableBy: 1,
  sql: { sqlite },
};
