// Accounts: users and robots, in one space of names. What an account may do in a project stands in members.ts, what it
// proves itself with in secrets.ts.
import type { AccountRecord } from "../access-records.ts";
import type { AccountChange, AccountChangeOutcome, Accounts } from "../access-store.ts";
import type { Page } from "../metadata-store.ts";
import { query, queryOne, type Command, type SqlValue } from "../statement.ts";
import { raiseAccessRevision } from "./access-revision.ts";
import { pageOf, startOf } from "./pages.ts";

interface AccountRow {
  readonly id: string;
  readonly kind: AccountRecord["kind"];
  readonly name: string;
  readonly description: string;
  readonly disabled: number;
  readonly created_at: number;
  readonly may_create_projects: number;
  readonly system_admin: number;
  readonly password_hash: string | null;
  readonly project: string | null;
  readonly actions: string;
  readonly expires_at: number | null;
}

const selectAccounts = `SELECT a.id, a.kind, a.name, a.description, a.disabled, a.created_at, a.may_create_projects,
  a.system_admin, a.password_hash, p.name AS project, a.actions, a.expires_at
  FROM accounts a LEFT JOIN projects p ON p.id = a.project_id`;

function toAccount(row: AccountRow): AccountRecord {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    description: row.description,
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    mayCreateProjects: row.may_create_projects === 1,
    systemAdmin: row.system_admin === 1,
    passwordHash: row.password_hash ?? undefined,
    project: row.project ?? undefined,
    actions: JSON.parse(row.actions) as string[],
    expiresAt: row.expires_at ?? undefined,
  };
}

/** What a change can change, in the order of the columns below. */
function changeableValues(account: AccountRecord): SqlValue[] {
  return [
    account.description,
    Number(account.disabled),
    Number(account.mayCreateProjects),
    Number(account.systemAdmin),
    account.passwordHash ?? null,
    JSON.stringify(account.actions),
    account.expiresAt ?? null,
  ];
}

const changeableColumns =
  "description, disabled, may_create_projects, system_admin, password_hash, actions, expires_at";

export function* createAccount(account: AccountRecord): Command<"created" | "taken" | "no-project"> {
  const { id, kind, name, createdAt, project } = account;
  const home =
    project === undefined
      ? { id: null }
      : yield* queryOne<{ id: string }>("SELECT id FROM projects WHERE name = $1", project);
  if (home === undefined) return "no-project";
  const inserted = yield* queryOne(
    `INSERT INTO accounts (id, kind, name, created_at, project_id, ${changeableColumns})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (name) DO NOTHING RETURNING id`,
    ...[id, kind, name, createdAt, home.id, ...changeableValues(account)],
  );
  if (inserted === undefined) return "taken";
  yield* raiseAccessRevision();
  return "created";
}

export function* findAccount(name: string): Command<AccountRecord | undefined> {
  const row = yield* queryOne<AccountRow>(`${selectAccounts} WHERE a.name = $1`, name);
  return row && toAccount(row);
}

export function* findAccountById(id: string): Command<AccountRecord | undefined> {
  const row = yield* queryOne<AccountRow>(`${selectAccounts} WHERE a.id = $1`, id);
  return row && toAccount(row);
}

export function* listAccounts(page: Parameters<Accounts["list"]>[0]): Command<Page<AccountRecord>> {
  const parameters: SqlValue[] = [startOf(page), page.limit + 1];
  const conditions = ["a.name > $1"];
  if (page.kind !== undefined) conditions.push(`a.kind = $${parameters.push(page.kind)}`);
  if (page.project !== undefined) conditions.push(`p.name = $${parameters.push(page.project)}`);
  const rows = yield* query<AccountRow>(
    `${selectAccounts} WHERE ${conditions.join(" AND ")} ORDER BY a.name LIMIT $2`,
    ...parameters,
  );
  return pageOf(rows, page.limit, toAccount);
}

export function* changeAccount(id: string, change: AccountChange): Command<AccountChangeOutcome> {
  const old = yield* findAccountById(id);
  if (old === undefined) return "absent";
  const next = { ...old, ...change };
  if (mayAdminister(old) && !mayAdminister(next) && !(yield* hasOtherAdmin(id))) return "last-admin";
  yield* query(
    `UPDATE accounts SET (${changeableColumns}) = ($2, $3, $4, $5, $6, $7, $8) WHERE id = $1`,
    id,
    ...changeableValues(next),
  );
  if (next.passwordHash !== old.passwordHash)
    yield* query("DELETE FROM secrets WHERE account_id = $1 AND kind = 'refresh'", id);
  if (next.disabled) yield* endUploadsOf(next);
  yield* raiseAccessRevision();
  return "changed";
}

export function* deleteAccount(id: string): Command<AccountChangeOutcome> {
  const account = yield* findAccountById(id);
  if (account === undefined) return "absent";
  if (mayAdminister(account) && !(yield* hasOtherAdmin(id))) return "last-admin";
  yield* removeAccount(account);
  yield* raiseAccessRevision();
  return "changed";
}

/** Removes the account with all that is its own. Whether it may go, and the revision, are the caller's matter. */
export function* removeAccount(account: AccountRecord): Command<void> {
  yield* query("DELETE FROM secrets WHERE account_id = $1", account.id);
  yield* query("DELETE FROM group_accounts WHERE account_id = $1", account.id);
  yield* query("DELETE FROM members WHERE kind = 'account' AND member_id = $1", account.id);
  yield* endUploadsOf(account);
  yield* query("DELETE FROM accounts WHERE id = $1", account.id);
}

/** Their bytes are found later, as stale uploads of the blob store. */
function* endUploadsOf({ kind, id }: AccountRecord): Command<void> {
  yield* query("DELETE FROM uploads WHERE owner = $1", `${kind}:${id}`);
}

function mayAdminister(account: AccountRecord): boolean {
  return account.kind === "user" && account.systemAdmin && !account.disabled;
}

function* hasOtherAdmin(id: string): Command<boolean> {
  const other = yield* queryOne(
    `SELECT 1 FROM accounts WHERE system_admin = 1 AND kind = 'user' AND disabled = 0 AND id <> $1 LIMIT 1`,
    id,
  );
  return other !== undefined;
}
