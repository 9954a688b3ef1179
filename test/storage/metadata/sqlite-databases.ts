// SQLite databases for tests: files in folders of their own, and databases in memory.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import type { SqliteOptions } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import type { TestDatabase } from "../../contracts/metadata-store-fixture.ts";

export interface TestFile {
  readonly path: string;
  readonly dispose: () => Promise<void>;
}

/** A path in a fresh folder; the file does not exist yet. */
export async function makeFile(): Promise<TestFile> {
  const folder = await mkdtemp(join(tmpdir(), "berth-metadata-"));
  return { path: join(folder, "berth.sqlite"), dispose: () => rm(folder, { recursive: true }) };
}

export async function fileDatabase(options: Partial<SqliteOptions> = {}): Promise<TestDatabase> {
  const { path, dispose } = await makeFile();
  return { open: () => openMetadataStore({ kind: "sqlite", path, ...options }), dispose };
}

export async function memoryDatabase(): Promise<TestDatabase> {
  return { open: () => openMetadataStore({ kind: "sqlite", path: ":memory:" }), dispose: async () => {} };
}
