// Groups of accounts. A group is a member of projects as an account is; its accounts have its role.
import type { GroupRecord } from "../access-records.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { raiseAccessRevision } from "./access-revision.ts";
import { pageOf, startOf } from "./pages.ts";

interface GroupRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly created_at: number;
}

const columns = "id, name, description, created_at";

function toGroup(row: GroupRow): GroupRecord {
  return { id: row.id, name: row.name, description: row.description, createdAt: row.created_at };
}

export function* createGroup({
  id,
  name,
  description,
  createdAt,
}: GroupRecord): Command<"created" | "taken"> {
  const inserted = yield* queryOne(
    `INSERT INTO account_groups (${columns}) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING RETURNING id`,
    ...[id, name, description, createdAt],
  );
  if (inserted === undefined) return "taken";
  yield* raiseAccessRevision();
  return "created";
}

export function* findGroup(name: string): Command<GroupRecord | undefined> {
  const row = yield* queryOne<GroupRow>(`SELECT ${columns} FROM account_groups WHERE name = $1`, name);
  return row && toGroup(row);
}

export function* listGroups(page: PageRequest): Command<Page<GroupRecord>> {
  const rows = yield* query<GroupRow>(
    `SELECT ${columns} FROM account_groups WHERE name > $1 ORDER BY name LIMIT $2`,
    startOf(page),
    page.limit + 1,
  );
  return pageOf(rows, page.limit, toGroup);
}

export function* deleteGroup(name: string): Command<boolean> {
  const group = yield* findGroup(name);
  if (group === undefined) return false;
  yield* query("DELETE FROM members WHERE kind = 'group' AND member_id = $1", group.id);
  yield* query("DELETE FROM group_accounts WHERE group_id = $1", group.id);
  yield* query("DELETE FROM account_groups WHERE id = $1", group.id);
  yield* raiseAccessRevision();
  return true;
}

export function* listAccountsOfGroup(group: string, page: PageRequest): Command<Page<string>> {
  const rows = yield* query<{ name: string }>(
    `SELECT a.name FROM account_groups g JOIN group_accounts i ON i.group_id = g.id
     JOIN accounts a ON a.id = i.account_id
     WHERE g.name = $1 AND a.name > $2 ORDER BY a.name LIMIT $3`,
    ...[group, startOf(page), page.limit + 1],
  );
  return pageOf(rows, page.limit, (row) => row.name);
}

export function* addAccountToGroup(
  group: string,
  account: string,
): Command<"added" | "no-group" | "no-account"> {
  const found = yield* findGroup(group);
  if (found === undefined) return "no-group";
  const accountId = yield* findAccountId(account);
  if (accountId === undefined) return "no-account";
  yield* query(
    "INSERT INTO group_accounts (group_id, account_id) VALUES ($1, $2) ON CONFLICT (group_id, account_id) DO NOTHING",
    found.id,
    accountId,
  );
  yield* raiseAccessRevision();
  return "added";
}

export function* removeAccountFromGroup(group: string, account: string): Command<boolean> {
  const found = yield* findGroup(group);
  const accountId = yield* findAccountId(account);
  if (found === undefined || accountId === undefined) return false;
  const removed = yield* queryOne(
    "DELETE FROM group_accounts WHERE group_id = $1 AND account_id = $2 RETURNING group_id",
    found.id,
    accountId,
  );
  if (removed === undefined) return false;
  yield* raiseAccessRevision();
  return true;
}

export function* groupsOfAccount(accountId: string): Command<string[]> {
  const rows = yield* query<{ name: string }>(
    `SELECT g.name FROM group_accounts i JOIN account_groups g ON g.id = i.group_id
     WHERE i.account_id = $1 ORDER BY g.name`,
    accountId,
  );
  return rows.map((row) => row.name);
}

function* findAccountId(name: string): Command<string | undefined> {
  const row = yield* queryOne<{ id: string }>("SELECT id FROM accounts WHERE name = $1", name);
  return row?.id;
}
