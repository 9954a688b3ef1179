// The keys that tokens are signed with: a handful of rows, of which the newest signs and all verify.
import type { SigningKeyRecord } from "../access-records.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { raiseAccessRevision } from "./access-revision.ts";

interface SigningKeyRow {
  readonly kid: string;
  readonly algorithm: SigningKeyRecord["algorithm"];
  readonly private_key: string;
  readonly created_at: number;
  readonly expires_at: number;
}

const columns = "kid, algorithm, private_key, created_at, expires_at";

function toSigningKey(row: SigningKeyRow): SigningKeyRecord {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    privateKey: row.private_key,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

export function* listSigningKeys(): Command<SigningKeyRecord[]> {
  const rows = yield* query<SigningKeyRow>(
    `SELECT ${columns} FROM signing_keys ORDER BY created_at DESC, kid DESC`,
  );
  return rows.map(toSigningKey);
}

export function* addSigningKey(key: SigningKeyRecord, replaces: string | undefined): Command<boolean> {
  const [newest] = yield* listSigningKeys();
  if (newest?.kid !== replaces) return false;
  // The clock of another process may be ahead: whatever it says, a key is newer than the one that it replaces.
  const createdAt = newest === undefined ? key.createdAt : Math.max(key.createdAt, newest.createdAt + 1);
  yield* query(
    `INSERT INTO signing_keys (${columns}) VALUES ($1, $2, $3, $4, $5)`,
    ...[key.kid, key.algorithm, key.privateKey, createdAt, key.expiresAt],
  );
  yield* raiseAccessRevision();
  return true;
}

export function* deleteExpiredSigningKeys(now: number): Command<void> {
  const gone = yield* queryOne("DELETE FROM signing_keys WHERE expires_at <= $1 RETURNING kid", now);
  if (gone !== undefined) yield* raiseAccessRevision();
}
