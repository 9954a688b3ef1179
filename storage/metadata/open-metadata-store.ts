// Options → the metadata store. The only file that names the databases.
import type { MetadataStore } from "./metadata-store.ts";
import { SqlMetadataStore } from "./sql-metadata-store.ts";
import { openSqlite, type SqliteOptions } from "./sqlite/open-sqlite.ts";

export type MetadataStoreOptions = { readonly kind: "sqlite" } & SqliteOptions;

/**
 * Opens the database, creating it and bringing its schema up to date where needed.
 * @throws Error in words for an operator, when the database was made by a Berth too new for this one.
 */
export async function openMetadataStore(options: MetadataStoreOptions): Promise<MetadataStore> {
  return new SqlMetadataStore(await openSqlite(options));
}
