// Repositories. A row appears with the first link or manifest; the repository exists while it holds a manifest.
import type { Page, Repositories } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { pageOf, startOf } from "./pages.ts";
import { visibilityCondition } from "./visibility.ts";

export function* repositoryExists(repository: string): Command<boolean> {
  const row = yield* queryOne(
    "SELECT 1 FROM repositories WHERE name = $1 AND manifest_count > 0",
    repository,
  );
  return row !== undefined;
}

export function* listRepositories(page: Parameters<Repositories["list"]>[0]): Command<Page<string>> {
  const columns = { projectColumn: "project", nameColumn: "name", first: 3 };
  const visible = visibilityCondition(page.visibility, columns);
  const rows = yield* query<{ name: string }>(
    `SELECT name FROM repositories WHERE manifest_count > 0 AND name > $1 AND ${visible.sql} ORDER BY name LIMIT $2`,
    startOf(page),
    page.limit + 1,
    ...visible.parameters,
  );
  return pageOf(rows, page.limit, (row) => row.name);
}

export function* findRepositoryId(repository: string): Command<number | undefined> {
  const row = yield* queryOne<{ id: number }>("SELECT id FROM repositories WHERE name = $1", repository);
  return row?.id;
}

/** The repository's id; its row is made when there is none. */
export function* getRepositoryId(repository: string): Command<number> {
  const known = yield* findRepositoryId(repository);
  if (known !== undefined) return known;
  yield* query("INSERT INTO repositories (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", repository);
  const made = yield* findRepositoryId(repository);
  if (made === undefined) throw new Error(`the row of repository ${repository} did not stay`);
  return made;
}

export function* addToManifestCount(repositoryId: number, change: number): Command<void> {
  yield* query(
    "UPDATE repositories SET manifest_count = manifest_count + $1 WHERE id = $2",
    change,
    repositoryId,
  );
}
