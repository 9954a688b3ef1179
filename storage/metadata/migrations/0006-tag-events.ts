// What became of tags: so that one that was deleted or moved can be brought back. Only an addition: a program of an older
// schema writes no events, and leaves gaps.
import type { Migration } from "./migration.ts";

const sqlite = `
CREATE TABLE tag_events (
  -- in the order in which they happened
  id INTEGER PRIMARY KEY,
  repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  -- what the tag points at since then; of a removal, what it pointed at until then
  digest TEXT NOT NULL,
  -- what it was moved away from
  previous TEXT,
  by TEXT
) STRICT;
CREATE INDEX tag_events_by_tag ON tag_events (repository_id, name, id);
CREATE INDEX tag_events_removals ON tag_events (repository_id, id)
  WHERE kind IN ('deleted', 'expired', 'manifest-deleted');
`;

export const tagEvents: Migration = {
  version: 6,
  name: "what became of tags",
  readableBy: 1,
  sql: { sqlite },
};
