// Blobs that another blob store holds already: the progress of a move, which is one transaction in the end. It is a
// table because it outlives the command that fills it, may be as long as the table of blobs, and ends with it.
import type { Migration } from "./migration.ts";

const sqlite = `
CREATE TABLE blob_copies (
  target TEXT NOT NULL,
  digest TEXT NOT NULL,
  locator TEXT NOT NULL,
  PRIMARY KEY (target, digest)
) STRICT, WITHOUT ROWID;
`;

export const blobCopies: Migration = {
  version: 3,
  name: "copies of blobs in another store",
  readableBy: 1,
  sql: { sqlite },
};
