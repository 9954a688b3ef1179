// Who has which role in a project: accounts, and groups for all their accounts. A page of members is sorted by names
// that lie in other tables; it costs as much as the project has members, of which there are few.
import { roles, type MemberRecord, type Role } from "../access-records.ts";
import type { MemberOutcome } from "../access-store.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { raiseAccessRevision } from "./access-revision.ts";
import { pageOf } from "./pages.ts";

type Kind = MemberRecord["kind"];

/** Where the members of each kind have their names, in the order in which a page lists them. */
const namedIn = new Map<Kind, string>([
  ["account", "accounts"],
  ["group", "account_groups"],
]);

function* findMemberId({ kind, name }: Pick<MemberRecord, "kind" | "name">): Command<string | undefined> {
  const row = yield* queryOne<{ id: string }>(`SELECT id FROM ${namedIn.get(kind)} WHERE name = $1`, name);
  return row?.id;
}

function* findProjectId(project: string): Command<string | undefined> {
  const row = yield* queryOne<{ id: string }>("SELECT id FROM projects WHERE name = $1", project);
  return row?.id;
}

export function* listMembers(project: string, page: PageRequest): Command<Page<MemberRecord>> {
  const found: MemberRecord[] = [];
  const [afterKind = "", afterName = ""] = page.after?.split(":", 2) ?? [];
  for (const [kind, table] of namedIn) {
    if (kind < afterKind || found.length > page.limit) continue;
    const rows = yield* query<{ name: string; role: Role }>(
      `SELECT n.name, m.role FROM projects p JOIN members m ON m.project_id = p.id JOIN ${table} n ON n.id = m.member_id
       WHERE p.name = $1 AND m.kind = $2 AND n.name > $3 ORDER BY n.name LIMIT $4`,
      ...[project, kind, kind === afterKind ? afterName : "", page.limit + 1 - found.length],
    );
    found.push(...rows.map((row) => ({ kind, ...row })));
  }
  return pageOf(found, page.limit, (member) => member);
}

export function* setMember(project: string, member: MemberRecord): Command<MemberOutcome> {
  const projectId = yield* findProjectId(project);
  if (projectId === undefined) return "no-project";
  const memberId = yield* findMemberId(member);
  if (memberId === undefined) return "no-member";
  yield* query(
    `INSERT INTO members (project_id, kind, member_id, role) VALUES ($1, $2, $3, $4)
     ON CONFLICT (project_id, kind, member_id) DO UPDATE SET role = excluded.role`,
    ...[projectId, member.kind, memberId, member.role],
  );
  yield* raiseAccessRevision();
  return "set";
}

export function* removeMember(
  project: string,
  member: Pick<MemberRecord, "kind" | "name">,
): Command<boolean> {
  const projectId = yield* findProjectId(project);
  const memberId = yield* findMemberId(member);
  if (projectId === undefined || memberId === undefined) return false;
  const removed = yield* queryOne(
    "DELETE FROM members WHERE project_id = $1 AND kind = $2 AND member_id = $3 RETURNING role",
    ...[projectId, member.kind, memberId],
  );
  if (removed === undefined) return false;
  yield* raiseAccessRevision();
  return true;
}

export function* rolesOfAccount(accountId: string): Command<{ project: string; role: Role }[]> {
  const rows = yield* query<{ project: string; role: Role }>(
    `SELECT p.name AS project, m.role FROM members m JOIN projects p ON p.id = m.project_id
     WHERE m.kind = 'account' AND m.member_id = $1
     UNION ALL
     SELECT p.name, m.role FROM group_accounts g JOIN members m ON m.kind = 'group' AND m.member_id = g.group_id
     JOIN projects p ON p.id = m.project_id WHERE g.account_id = $1`,
    accountId,
  );
  const highest = new Map<string, Role>();
  for (const { project, role } of rows) {
    const known = highest.get(project);
    if (known === undefined || roles.indexOf(role) > roles.indexOf(known)) highest.set(project, role);
  }
  return [...highest].map(([project, role]) => ({ project, role })).sort(byProject);
}

function byProject(a: { project: string }, b: { project: string }): number {
  return a.project < b.project ? -1 : 1;
}
