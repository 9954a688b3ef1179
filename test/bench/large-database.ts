// A data folder with a hundred thousand repositories, a million tags and a million blobs, as rows: made once, copied for
// those that change it.
import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import { SqliteConnection } from "../../storage/metadata/sqlite/sqlite-connection.ts";
import { fillLargeStore } from "./large-store.ts";

export interface LargeDatabase {
  /** To be given to Berth as its data. */
  readonly data: string;
  readonly path: string;
  readonly repositories: number;
  /** The repository that has ten thousand tags. */
  readonly tagged: string;
  /** So many blobs are linked that no manifest names. */
  readonly garbage: number;
}

const blobsEach = 10;
const manyTags = 10_000;

export async function makeLargeDatabase(folder: string, repositories: number): Promise<LargeDatabase> {
  const data = join(folder, "large-data");
  mkdirSync(data);
  const path = join(data, "berth.sqlite");
  await (await openMetadataStore({ kind: "sqlite", path })).close();
  fillLargeStore(path, { repositories, blobsEach, tagsEach: 10 });
  const garbage = repositories / 10;
  addToFirst(path, garbage);
  await makeDurable(path);
  return { data, path, repositories, garbage, tagged: "large001/app000001" };
}

/** Else whoever syncs anything next waits for the disk to take a gigabyte: 200 to 500 ms in a checkpoint that takes 25. */
export async function makeDurable(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Many tags, and links that somebody touched long ago: the hints of the collector. */
function addToFirst(path: string, garbage: number): void {
  const connection = new SqliteConnection(path);
  const numbers = (count: number): string =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  connection.execute(`
    PRAGMA synchronous = OFF;
    BEGIN;
    INSERT INTO tags (repository_id, name, manifest_id, updated_at)
      ${numbers(manyTags)} SELECT m.repository_id, printf('w%05d', i), m.id, 1000
      FROM n, (SELECT id, repository_id FROM manifests ORDER BY id LIMIT 1) m;
    INSERT INTO blobs (digest, locator, size, state, reference_count, touched_at)
      ${numbers(garbage)} SELECT printf('sha256:%064x', 1 << 41 | i), printf('garbage-%d', i), 10240, 'present', 0, 1000 FROM n;
    INSERT INTO blob_links (repository_id, digest, linked_at, touched_at)
      ${numbers(garbage)} SELECT m.repository_id, printf('sha256:%064x', 1 << 41 | i), 1000, 1000 + i
      FROM n JOIN manifests m ON m.id = (SELECT min(id) FROM manifests) + i % 1000;
    COMMIT;`);
  connection.close();
}
