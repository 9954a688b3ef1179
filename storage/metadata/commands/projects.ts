// Projects: the first segment of a repository's name says which one it belongs to, and a name of a single segment
// (whose column `project` is empty) belongs to the default one.
import type { ProjectRecord } from "../access-records.ts";
import type { Projects } from "../access-store.ts";
import type { Page } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { raiseAccessRevision } from "./access-revision.ts";
import { listAccounts, removeAccount } from "./accounts.ts";
import { removeBlobsLeftIn, removeBlobsLeftInSingleSegments } from "./left-blobs.ts";
import { pageOf, startOf } from "./pages.ts";
import { visibilityCondition } from "./visibility.ts";

interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly public: number;
  readonly created_at: number;
  readonly max_bytes: number | null;
}

const columns = "id, name, description, public, created_at";
const readColumns = `${columns}, max_bytes`;
const pageRows = 100;

function toProject(row: ProjectRow): ProjectRecord {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    public: row.public === 1,
    createdAt: row.created_at,
    ...(row.max_bytes !== null && { maxBytes: row.max_bytes }),
  };
}

export function* createProject(project: ProjectRecord, maintainer?: string): Command<"created" | "taken"> {
  if (maintainer === undefined) {
    if (!(yield* insertProject(project))) return "taken";
  } else {
    // A push that overlapped the end of the project before, or came before there were accounts: nobody's images.
    const isAdopted = yield* holdsRepository(project.name);
    if (!(yield* insertProject({ ...project, public: project.public && !isAdopted }))) return "taken";
    if (isAdopted) {
      yield* raiseAccessRevision();
      return "taken";
    }
    yield* removeBlobsLeftIn(project.name);
    yield* addMaintainer(project.id, maintainer);
  }
  yield* raiseAccessRevision();
  return "created";
}

/** An account that was deleted meanwhile leaves a project without members. */
function* addMaintainer(projectId: string, accountId: string): Command<void> {
  yield* query(
    `INSERT INTO members (project_id, kind, member_id, role)
     SELECT $1, 'account', id, 'maintainer' FROM accounts WHERE id = $2`,
    projectId,
    accountId,
  );
}

/** False when the name is taken. */
function* insertProject(project: ProjectRecord): Command<boolean> {
  const { id, name, description, createdAt } = project;
  const inserted = yield* queryOne(
    `INSERT INTO projects (${columns}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING RETURNING id`,
    ...[id, name, description, Number(project.public), createdAt],
  );
  return inserted !== undefined;
}

export function* findProject(name: string): Command<ProjectRecord | undefined> {
  const row = yield* queryOne<ProjectRow>(`SELECT ${readColumns} FROM projects WHERE name = $1`, name);
  return row && toProject(row);
}

export function* listProjects(page: Parameters<Projects["list"]>[0]): Command<Page<ProjectRecord>> {
  const visible = visibilityCondition(page.visibility, { projectColumn: "name", first: 3 });
  const rows = yield* query<ProjectRow>(
    `SELECT ${readColumns} FROM projects WHERE name > $1 AND ${visible.sql} ORDER BY name LIMIT $2`,
    startOf(page),
    page.limit + 1,
    ...visible.parameters,
  );
  return pageOf(rows, page.limit, toProject);
}

export function* changeProject(name: string, change: Parameters<Projects["change"]>[1]): Command<boolean> {
  const old = yield* findProject(name);
  if (old === undefined) return false;
  const next = { ...old, ...change };
  yield* query(
    "UPDATE projects SET description = $2, public = $3, max_bytes = $4 WHERE id = $1",
    ...[old.id, next.description, Number(next.public), next.maxBytes ?? null],
  );
  yield* raiseAccessRevision();
  return true;
}

export function* deleteProject(
  name: string,
  defaultProject: string,
): Command<"deleted" | "absent" | "not-empty"> {
  const project = yield* findProject(name);
  if (project === undefined) return "absent";
  if (yield* holdsRepository(name)) return "not-empty";
  if (name === defaultProject && (yield* holdsRepository(""))) return "not-empty";
  yield* removeBlobsLeftIn(name);
  if (name === defaultProject) yield* removeBlobsLeftInSingleSegments();
  yield* removeRobotsOf(name);
  yield* query("DELETE FROM members WHERE project_id = $1", project.id);
  yield* query("DELETE FROM projects WHERE id = $1", project.id);
  yield* raiseAccessRevision();
  return "deleted";
}

function* holdsRepository(project: string): Command<boolean> {
  const held = yield* queryOne(
    "SELECT 1 FROM repositories WHERE project = $1 AND manifest_count > 0 LIMIT 1",
    project,
  );
  return held !== undefined;
}

function* removeRobotsOf(project: string): Command<void> {
  for (let more = true; more;) {
    const page = yield* listAccounts({ project, limit: pageRows });
    for (const robot of page.entries) yield* removeAccount(robot);
    more = page.more;
  }
}

/** Goes from project to project by the index, so that its length is their number and not that of the repositories. */
export function* adoptRepositories(defaultProject: string, newId: () => string, now: number): Command<void> {
  const adopt = (name: string) =>
    insertProject({ id: newId(), name, description: "", public: false, createdAt: now });
  let made = yield* adopt(defaultProject);
  let name = yield* projectHeldAfter("");
  while (name !== undefined) {
    made = (yield* adopt(name)) || made;
    name = yield* projectHeldAfter(name);
  }
  if (made) yield* raiseAccessRevision();
}

/** The first project after `after` that holds a repository, whether it has a row or not. */
function* projectHeldAfter(after: string): Command<string | undefined> {
  const row = yield* queryOne<{ project: string }>(
    "SELECT project FROM repositories WHERE project > $1 AND manifest_count > 0 ORDER BY project LIMIT 1",
    after,
  );
  return row?.project;
}
