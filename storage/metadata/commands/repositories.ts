// Repositories. A row appears with the first link or manifest; the repository exists while it holds a manifest.
import type { Visibility } from "../access-store.ts";
import type { Page, PageRequest, Repositories } from "../metadata-store.ts";
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

export function* isLocalRepository(repository: string, since: number): Command<boolean> {
  const upload = yield* queryOne("SELECT 1 FROM uploads WHERE repository = $1 LIMIT 1", repository);
  if (upload !== undefined) return true;
  const row = yield* queryOne(
    `SELECT 1 FROM repositories r WHERE r.name = $1 AND (r.manifest_count > 0
       OR EXISTS (SELECT 1 FROM blob_links l WHERE l.repository_id = r.id AND l.linked_at > $2))`,
    repository,
    since,
  );
  return row !== undefined;
}

type ListRequest = Parameters<Repositories["list"]>[0];
type SomeProjects = Extract<Visibility, { kind: "projects" }>;

interface NameRow {
  readonly name: string;
}

export function* listRepositories(page: ListRequest): Command<Page<string>> {
  const { visibility } = page;
  const rows =
    visibility.kind === "projects"
      ? yield* rowsOfProjects(page, visibility)
      : yield* rowsInOrder(page, visibility);
  return pageOf(rows, page.limit, (row) => row.name);
}

function* rowsInOrder(page: PageRequest, visibility: Visibility): Command<readonly NameRow[]> {
  const columns = { projectColumn: "project", nameColumn: "name", first: 3 };
  const visible = visibilityCondition(visibility, columns);
  return yield* query<NameRow>(
    `SELECT name FROM repositories WHERE manifest_count > 0 AND name > $1 AND ${visible.sql} ORDER BY name LIMIT $2`,
    startOf(page),
    page.limit + 1,
    ...visible.parameters,
  );
}

/**
 * Goes from project to project, so that what is not visible costs nothing, however much it is. The names of one project
 * stand together in the order of names, where projects follow each other in the order of `project/`; only names of a
 * single segment may stand anywhere. All of them are ASCII: the order of JavaScript is that of the database.
 */
function* rowsOfProjects(page: PageRequest, visibility: SomeProjects): Command<readonly NameRow[]> {
  const [after, wanted] = [startOf(page), page.limit + 1];
  const projects = yield* visibleProjects(visibility);
  const single = projects.has(visibility.defaultProject) ? yield* rowsOfProject("", after, wanted) : [];
  const rows: NameRow[] = [];
  for (const prefix of [...projects].map((project) => `${project}/`).sort()) {
    if (rows.length === wanted) break;
    if (prefix < after && !after.startsWith(prefix)) continue;
    rows.push(...(yield* rowsOfProject(prefix.slice(0, -1), after, wanted - rows.length)));
  }
  return [...rows, ...single].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function* visibleProjects({ projects }: SomeProjects): Command<Set<string>> {
  const rows = yield* query<NameRow>("SELECT name FROM projects WHERE public = 1");
  return new Set([...projects, ...rows.map((row) => row.name)]);
}

function* rowsOfProject(project: string, after: string, limit: number): Command<readonly NameRow[]> {
  return yield* query<NameRow>(
    `SELECT name FROM repositories WHERE project = $1 AND manifest_count > 0 AND name > $2 ORDER BY name LIMIT $3`,
    ...[project, after, limit],
  );
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
