// One step of the schema, and the rule by which programs and databases of different age agree to work together.
import { createHash } from "node:crypto";

export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  readonly name: string;
  /**
   * The oldest schema version whose program can still read and write the database after this step. Steps that only
   * add (tables, indexes, columns with defaults) name the step before, so that one version can be rolled back.
   */
  readonly readableBy: number;
  /** The statements, for each engine in its own words: the types of columns differ. Never edited after release. */
  readonly sql: { readonly sqlite: string };
}

/** A row of `schema_migrations`. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly readableBy: number;
}

export function checksumOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}

/**
 * The steps still to do, in order.
 * @throws Error in words for an operator, when this program must not work with that database.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
  engine: keyof Migration["sql"],
): Migration[] {
  const newest = known.at(-1)?.version ?? 0;
  for (const row of applied) {
    const migration = known.find(({ version }) => version === row.version);
    if (migration === undefined) refuseUnreadable(row, newest);
    else refuseEdited(row, checksumOf(migration.sql[engine]));
  }
  const done = new Set(applied.map((row) => row.version));
  return known.filter(({ version }) => !done.has(version));
}

function refuseUnreadable(row: AppliedMigration, newest: number): void {
  if (row.readableBy <= newest) return;
  throw new Error(
    `This database was changed by a newer Berth (schema ${row.version}, "${row.name}"), which programs older than ` +
      `schema ${row.readableBy} cannot work with; this program knows schema ${newest}. ` +
      "Run the newer version, or restore a backup that was made before the upgrade.",
  );
}

function refuseEdited(row: AppliedMigration, checksum: string): void {
  if (row.checksum === checksum) return;
  throw new Error(
    `Schema step ${row.version} ("${row.name}") of this database is not the one that this program knows: ` +
      "the database was made by a build that was never released. Restore a backup, or start with an empty database.",
  );
}
