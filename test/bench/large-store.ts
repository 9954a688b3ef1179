// A store with a million blobs, as rows: written to the database in half a minute, where pushing them would take an hour.
// Their bytes are nowhere, so nothing that a bench pulls may be among them.
import { SqliteConnection } from "../../storage/metadata/sqlite/sqlite-connection.ts";

export interface LargeStore {
  readonly repositories: number;
  /** Each repository has one manifest, with so many blobs and tags of its own. */
  readonly blobsEach: number;
  readonly tagsEach: number;
}

/** @param path of a database that Berth has made, while no process has it open. */
export function fillLargeStore(path: string, { repositories, blobsEach, tagsEach }: LargeStore): void {
  const connection = new SqliteConnection(path);
  // above all that has been pushed
  const base = 1_000_000_000;
  connection.execute(`
    PRAGMA synchronous = OFF;
    BEGIN;
    CREATE TEMP TABLE images AS
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${repositories}) SELECT i FROM n;
    CREATE TEMP TABLE parts AS
      WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${blobsEach} - 1) SELECT i FROM n;
    CREATE TEMP TABLE names AS
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${tagsEach}) SELECT i FROM n;
    INSERT INTO repositories (id, name, manifest_count)
      SELECT ${base} + i, printf('large%03d/app%06d', i % 1000, i), 1 FROM images;
    INSERT INTO blobs (digest, locator, size, state, reference_count, touched_at)
      SELECT printf('sha256:%064x', images.i * ${blobsEach} + parts.i),
        printf('large-%d-%d', images.i, parts.i), 10240, 'present', 1, 1000 FROM images, parts;
    INSERT INTO blob_links (repository_id, digest, linked_at)
      SELECT ${base} + images.i, printf('sha256:%064x', images.i * ${blobsEach} + parts.i), 1000 FROM images, parts;
    INSERT INTO manifests (id, repository_id, digest, media_type, size, pushed_at, bytes)
      SELECT ${base} + i, ${base} + i, printf('sha256:%064x', 1 << 40 | i),
        'application/vnd.oci.image.manifest.v1+json', 2, 1000, CAST('{}' AS BLOB) FROM images;
    INSERT INTO manifest_edges (manifest_id, child, repository_id, kind)
      SELECT ${base} + images.i, printf('sha256:%064x', images.i * ${blobsEach} + parts.i), ${base} + images.i, 'blob'
      FROM images, parts;
    INSERT INTO tags (repository_id, name, manifest_id, updated_at)
      SELECT ${base} + images.i, printf('v%05d', names.i), ${base} + images.i, 1000 FROM images, names;
    COMMIT;`);
  connection.close();
}
