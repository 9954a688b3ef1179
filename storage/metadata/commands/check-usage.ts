// Are the figures of usage what they count? Triggers keep them, so nothing but a fault makes them wrong. A step looks at
// some repositories, then at a project, adding up in pages: between two statements others may have a turn. Exact within a
// transaction, where nobody changes anything; usage-check.ts says when it is run outside of one.
import type { IntegrityStore, UsageMismatch } from "../integrity-store.ts";
import type { Usage } from "../usage-store.ts";
import { query, queryOne, type Command } from "../statement.ts";

type Checked = Awaited<ReturnType<IntegrityStore["checkUsage"]>>;

const repositoriesAtOnce = 20;
const pageRows = 500;
const nothing: Usage = { blobBytes: 0, manifestBytes: 0 };
const columns = `u.blob_bytes AS "blobBytes", u.manifest_bytes AS "manifestBytes"`;

/** A place is `<repository id>`, and after the last repository `project:<name>`. */
const projectsPlace = "project:";

export function* checkUsage({
  after,
  repair,
}: Parameters<IntegrityStore["checkUsage"]>[0]): Command<Checked> {
  if (after?.startsWith(projectsPlace) !== true) return yield* checkRepositories(Number(after ?? 0), repair);
  return yield* checkNextProject(after.slice(projectsPlace.length), repair);
}

interface RepositoryRow {
  readonly id: number;
  readonly name: string;
}

function* checkRepositories(after: number, repair: boolean): Command<Checked> {
  const rows = yield* query<RepositoryRow>(
    "SELECT id, name FROM repositories WHERE id > $1 ORDER BY id LIMIT $2",
    ...[after, repositoriesAtOnce],
  );
  const mismatches: UsageMismatch[] = [];
  for (const { id, name } of rows) {
    const recorded = yield* queryOne<Usage>(
      `SELECT ${columns} FROM repository_usage u WHERE repository_id = $1`,
      id,
    );
    const actual = { blobBytes: yield* linkedBytes(id), manifestBytes: yield* manifestBytes(id) };
    if (isSame(recorded ?? nothing, actual)) continue;
    mismatches.push({ of: "repository", name, recorded: recorded ?? nothing, actual });
    if (repair) yield* setRepositoryUsage(id, actual);
  }
  const last = rows.length === repositoriesAtOnce ? rows.at(-1) : undefined;
  return { mismatches, next: last === undefined ? projectsPlace : String(last.id) };
}

function* setRepositoryUsage(id: number, { blobBytes, manifestBytes }: Usage): Command<void> {
  yield* query(
    `INSERT INTO repository_usage (repository_id, blob_bytes, manifest_bytes) VALUES ($1, $2, $3)
     ON CONFLICT (repository_id) DO UPDATE
       SET blob_bytes = excluded.blob_bytes, manifest_bytes = excluded.manifest_bytes`,
    ...[id, blobBytes, manifestBytes],
  );
}

interface Sum {
  readonly rows: number;
  readonly bytes: number;
  readonly last: string | null;
}

function* linkedBytes(repositoryId: number): Command<number> {
  return yield* addUp(
    `SELECT l.digest, b.size FROM blob_links l JOIN blobs b ON b.digest = l.digest
     WHERE l.repository_id = $1 AND l.digest > $2 ORDER BY l.digest LIMIT $3`,
    repositoryId,
  );
}

function* manifestBytes(repositoryId: number): Command<number> {
  return yield* addUp(
    "SELECT digest, size FROM manifests WHERE repository_id = $1 AND digest > $2 ORDER BY digest LIMIT $3",
    repositoryId,
  );
}

function* addUp(page: string, repositoryId: number): Command<number> {
  let bytes = 0;
  for (let after: string | undefined = ""; after !== undefined;) {
    const sum: Sum | undefined = yield* queryOne<Sum>(
      `SELECT count(*) AS rows, coalesce(sum(size), 0) AS bytes, max(digest) AS last FROM (${page}) page`,
      ...[repositoryId, after, pageRows],
    );
    bytes += sum?.bytes ?? 0;
    after = sum?.rows === pageRows ? (sum.last ?? undefined) : undefined;
  }
  return bytes;
}

/** @param after what was looked at already: the projects before it, in the order of their repositories' names */
function* checkNextProject(after: string, repair: boolean): Command<Checked> {
  const mismatches = after === "" ? yield* checkProject("", repair) : [];
  const rows = yield* query<{ name: string }>(
    "SELECT name FROM repositories WHERE name > $1 ORDER BY name LIMIT $2",
    ...[after, pageRows],
  );
  const name = rows.find((row) => row.name.includes("/"))?.name;
  if (name === undefined) {
    const last = rows.length === pageRows ? rows.at(-1) : undefined;
    return { mismatches, next: last && projectsPlace + last.name };
  }
  const project = name.slice(0, name.indexOf("/"));
  mismatches.push(...(yield* checkProject(project, repair)));
  return { mismatches, next: projectsPlace + endOf(project) };
}

/** The character after the slash ends the range of names that begin so. */
function endOf(project: string): string {
  return `${project}0`;
}

function* eachRepository(project: string, work: (id: number) => Command<void>): Command<void> {
  const end = project === "" ? "\u{10ffff}" : endOf(project);
  for (let after: string | undefined = project === "" ? "" : `${project}/`; after !== undefined;) {
    const rows: readonly RepositoryRow[] = yield* query<RepositoryRow>(
      "SELECT id, name FROM repositories WHERE name > $1 AND name < $2 ORDER BY name LIMIT $3",
      ...[after, end, pageRows],
    );
    for (const { id, name } of rows) if (project !== "" || !name.includes("/")) yield* work(id);
    after = rows.length === pageRows ? rows.at(-1)?.name : undefined;
  }
}

function* checkProject(project: string, repair: boolean): Command<UsageMismatch[]> {
  const uncounted = yield* countMissing(project, repair);
  const counted = yield* addUpBlobs(project, repair);
  const actual = {
    blobBytes: counted.bytes + (repair ? 0 : uncounted.bytes),
    manifestBytes: yield* manifestBytesOf(project),
  };
  const found = yield* queryOne<Usage>(`SELECT ${columns} FROM project_usage u WHERE project = $1`, project);
  const recorded = found ?? nothing;
  if (isSame(recorded, actual) && uncounted.blobs + counted.wrong === 0) return [];
  if (repair) yield* setProjectUsage(project, actual);
  return [{ of: "project", name: project, recorded, actual }];
}

/** Blobs that the project's repositories link and nobody counted. */
function* countMissing(project: string, repair: boolean): Command<{ blobs: number; bytes: number }> {
  const missing = new Map<string, number>();
  yield* eachRepository(project, (id) => findUncounted(project, id, missing));
  for (const digest of repair ? missing.keys() : []) {
    yield* query("INSERT INTO project_blobs (project, digest, links) VALUES ($1, $2, 1)", project, digest);
  }
  return { blobs: missing.size, bytes: [...missing.values()].reduce((sum, size) => sum + size, 0) };
}

function* findUncounted(project: string, repositoryId: number, missing: Map<string, number>): Command<void> {
  for (let after: string | undefined = ""; after !== undefined;) {
    const links: readonly { digest: string; size: number; counted: number }[] = yield* query(
      `SELECT l.digest, b.size,
         EXISTS (SELECT 1 FROM project_blobs p WHERE p.project = $4 AND p.digest = l.digest) AS counted
       FROM blob_links l JOIN blobs b ON b.digest = l.digest
       WHERE l.repository_id = $1 AND l.digest > $2 ORDER BY l.digest LIMIT $3`,
      ...[repositoryId, after, pageRows, project],
    );
    for (const { digest, size, counted } of links) if (counted === 0) missing.set(digest, size);
    after = links.length === pageRows ? links.at(-1)?.digest : undefined;
  }
}

interface CountedBlob {
  readonly digest: string;
  readonly links: number;
  readonly actual: number;
  readonly size: number | null;
}

function* addUpBlobs(project: string, repair: boolean): Command<{ bytes: number; wrong: number }> {
  let [bytes, wrong] = [0, 0];
  for (let after: string | undefined = ""; after !== undefined;) {
    const rows: readonly CountedBlob[] = yield* query<CountedBlob>(
      `SELECT p.digest, p.links, b.size, (
         SELECT count(*) FROM blob_links l JOIN repositories r ON r.id = l.repository_id
         WHERE l.digest = p.digest AND r.project = p.project) AS actual
       FROM project_blobs p LEFT JOIN blobs b ON b.digest = p.digest
       WHERE p.project = $1 AND p.digest > $2 ORDER BY p.digest LIMIT $3`,
      ...[project, after, pageRows],
    );
    for (const { digest, links, actual, size } of rows) {
      if (actual > 0) bytes += size ?? 0;
      if (actual === links) continue;
      wrong += 1;
      if (repair) yield* setLinks(project, digest, actual);
    }
    after = rows.length === pageRows ? rows.at(-1)?.digest : undefined;
  }
  return { bytes, wrong };
}

function* setLinks(project: string, digest: string, links: number): Command<void> {
  if (links === 0) {
    yield* query("DELETE FROM project_blobs WHERE project = $1 AND digest = $2", project, digest);
    return;
  }
  yield* query(
    "UPDATE project_blobs SET links = $3 WHERE project = $1 AND digest = $2",
    ...[project, digest, links],
  );
}

function* manifestBytesOf(project: string): Command<number> {
  let bytes = 0;
  yield* eachRepository(project, function* (id) {
    bytes += yield* manifestBytes(id);
  });
  return bytes;
}

function* setProjectUsage(project: string, { blobBytes, manifestBytes }: Usage): Command<void> {
  yield* query(
    `INSERT INTO project_usage (project, blob_bytes, manifest_bytes) VALUES ($1, $2, $3)
     ON CONFLICT (project) DO UPDATE
       SET blob_bytes = excluded.blob_bytes, manifest_bytes = excluded.manifest_bytes`,
    ...[project, blobBytes, manifestBytes],
  );
}

function isSame(one: Usage, other: Usage): boolean {
  return one.blobBytes === other.blobBytes && one.manifestBytes === other.manifestBytes;
}
