// What accounts prove themselves with besides passwords: access tokens, robots' secrets, refresh tokens. Only hashes.
import {
  useStepMilliseconds,
  type AccountRecord,
  type SecretKind,
  type SecretRecord,
} from "../access-records.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { raiseAccessRevision } from "./access-revision.ts";
import { findAccountById } from "./accounts.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

interface SecretRow {
  readonly id: string;
  readonly account_id: string;
  readonly kind: SecretKind;
  readonly label: string;
  readonly hash: Buffer;
  readonly actions: string | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}

const columns = "id, account_id, kind, label, hash, actions, created_at, expires_at, last_used_at";

function toSecret(row: SecretRow): SecretRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    label: row.label,
    hash: row.hash,
    actions: row.actions === null ? undefined : (JSON.parse(row.actions) as string[]),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

export function* addSecret(secret: SecretRecord, keep: number): Command<boolean> {
  const { id, accountId, kind, label, hash, createdAt, expiresAt = null, lastUsedAt = null } = secret;
  const account = yield* queryOne("SELECT 1 FROM accounts WHERE id = $1", accountId);
  if (account === undefined) return false;
  const others = yield* listSecrets(accountId, kind);
  yield* removeSecrets(others.slice(Math.max(keep - 1, 0)));
  const actions = secret.actions === undefined ? null : JSON.stringify(secret.actions);
  yield* query(
    `INSERT INTO secrets (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    ...[id, accountId, kind, label, hash, actions, createdAt, expiresAt, lastUsedAt],
  );
  // a login takes no right away, and there are many of them
  if (kind !== "refresh") yield* raiseAccessRevision();
  return true;
}

function* removeSecrets(secrets: readonly SecretRecord[]): Command<void> {
  for (const chunk of chunksOf(secrets)) {
    yield* query(
      `DELETE FROM secrets WHERE id IN (${parameterList(chunk.length)})`,
      ...chunk.map((secret) => secret.id),
    );
  }
}

export function* findSecretByHash(
  hash: Buffer,
): Command<{ secret: SecretRecord; account: AccountRecord } | undefined> {
  const row = yield* queryOne<SecretRow>(`SELECT ${columns} FROM secrets WHERE hash = $1`, hash);
  const account = row && (yield* findAccountById(row.account_id));
  return row && account && { secret: toSecret(row), account };
}

export function* listSecrets(accountId: string, kind?: SecretKind): Command<SecretRecord[]> {
  const rows = yield* query<SecretRow>(
    `SELECT ${columns} FROM secrets WHERE account_id = $1 ${kind === undefined ? "" : "AND kind = $2"}`,
    accountId,
    ...(kind === undefined ? [] : [kind]),
  );
  return rows.map(toSecret).sort((a, b) => b.createdAt - a.createdAt);
}

export function* deleteSecret(accountId: string, id: string): Command<boolean> {
  const deleted = yield* queryOne(
    "DELETE FROM secrets WHERE id = $1 AND account_id = $2 RETURNING id",
    id,
    accountId,
  );
  if (deleted === undefined) return false;
  yield* raiseAccessRevision();
  return true;
}

export function* recordSecretUse(id: string, at: number): Command<void> {
  yield* query(
    "UPDATE secrets SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)",
    ...[id, at, at - useStepMilliseconds],
  );
}

export function* deleteExpiredSecrets(now: number, limit: number): Command<number> {
  const deleted = yield* query(
    `DELETE FROM secrets WHERE id IN
       (SELECT id FROM secrets WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
     RETURNING id`,
    now,
    limit,
  );
  return deleted.length;
}
