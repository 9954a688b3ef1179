// Upload sessions and who may write to them. A lease that ran out belongs to nobody, so that a writer that died holds
// nobody up for longer than its lease.
import type { LeaseResult, UploadProgress, WriterLease } from "../metadata-store.ts";
import type { DigestAlgorithm } from "../../digest.ts";
import type { UploadRecord } from "../records.ts";
import { query, queryOne, type Command } from "../statement.ts";

interface UploadRow {
  readonly id: string;
  readonly repository: string;
  readonly owner: string;
  readonly state: string;
  readonly byte_offset: number;
  readonly algorithm: DigestAlgorithm;
  readonly expires_at: number;
}

interface LeasedUploadRow extends UploadRow {
  readonly lease_holder: string | null;
  readonly lease_until: number | null;
}

const columns = "id, repository, owner, state, byte_offset, algorithm, expires_at";

function toUpload(row: UploadRow): UploadRecord {
  return {
    id: row.id,
    repository: row.repository,
    owner: row.owner,
    state: row.state,
    offset: row.byte_offset,
    algorithm: row.algorithm,
    expiresAt: row.expires_at,
  };
}

export function* startUpload(upload: UploadRecord): Command<void> {
  const { id, repository, owner, state, offset, algorithm, expiresAt } = upload;
  yield* query(
    `INSERT INTO uploads (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    ...[id, repository, owner, state, offset, algorithm, expiresAt],
  );
}

export function* findUpload(repository: string, id: string, now: number): Command<UploadRecord | undefined> {
  const row = yield* queryOne<UploadRow>(
    `SELECT ${columns} FROM uploads WHERE id = $1 AND repository = $2 AND expires_at > $3`,
    ...[id, repository, now],
  );
  return row && toUpload(row);
}

export function* leaseUpload(
  repository: string,
  id: string,
  lease: WriterLease,
  now: number,
): Command<LeaseResult> {
  const row = yield* queryOne<LeasedUploadRow>(
    `SELECT ${columns}, lease_holder, lease_until FROM uploads WHERE id = $1 AND repository = $2 AND expires_at > $3`,
    ...[id, repository, now],
  );
  if (row === undefined) return { outcome: "absent" };
  const heldByAnother =
    row.lease_until !== null && row.lease_until > now && row.lease_holder !== lease.holder;
  if (heldByAnother) return { outcome: "held", upload: toUpload(row) };
  yield* query(
    "UPDATE uploads SET lease_holder = $2, lease_until = $3 WHERE id = $1",
    id,
    lease.holder,
    lease.until,
  );
  const takenOver = row.lease_holder !== null && row.lease_holder !== lease.holder;
  return { outcome: "leased", upload: toUpload(row), takenOver };
}

/** A lease that ran out but was taken by nobody since still serves: no other writer can have come between. */
export function* saveUpload(id: string, progress: UploadProgress): Command<boolean> {
  const { holder, state, offset, expiresAt, leaseUntil = null } = progress;
  const row = yield* queryOne(
    `UPDATE uploads SET state = $3, byte_offset = $4, expires_at = $5, lease_until = $6, lease_holder = $7
     WHERE id = $1 AND lease_holder = $2 RETURNING id`,
    ...[id, holder, state, offset, expiresAt, leaseUntil, leaseUntil === null ? null : holder],
  );
  return row !== undefined;
}

export function* removeUpload(id: string, holder: string, now: number): Command<boolean> {
  const row = yield* queryOne(
    `DELETE FROM uploads
     WHERE id = $1 AND (lease_until IS NULL OR lease_until <= $2 OR lease_holder = $3) RETURNING id`,
    ...[id, now, holder],
  );
  return row !== undefined;
}

export function* endUpload(id: string, holder: string): Command<boolean> {
  const row = yield* queryOne(
    "DELETE FROM uploads WHERE id = $1 AND lease_holder = $2 RETURNING id",
    id,
    holder,
  );
  return row !== undefined;
}

export function* listExpiredUploads(now: number, limit: number): Command<UploadRecord[]> {
  const rows = yield* query<UploadRow>(
    `SELECT ${columns} FROM uploads WHERE expires_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
     ORDER BY expires_at, id LIMIT $2`,
    ...[now, limit],
  );
  return rows.map(toUpload);
}
