// Downloads that are going on, and whose they are. As with upload sessions, a lease that ran out belongs to nobody.
import type { Digest } from "../../digest.ts";
import type { FillRecord, Fills } from "../mirror-store.ts";
import { query, queryOne, type Command } from "../statement.ts";

interface FillRow {
  readonly repository: string;
  readonly digest: Digest;
  readonly holder: string;
  readonly path: string;
  readonly byte_offset: number;
  readonly size: number | null;
  readonly lease_until: number;
}

const columns = "repository, digest, holder, path, byte_offset, size, lease_until";

function toFill(row: FillRow): FillRecord {
  const { repository, digest, holder, path } = row;
  return {
    ...{ repository, digest, holder, path },
    offset: row.byte_offset,
    size: row.size ?? undefined,
    leaseUntil: row.lease_until,
  };
}

export function* claimFill(
  fill: Parameters<Fills["claim"]>[0],
  now: number,
): Command<Awaited<ReturnType<Fills["claim"]>>> {
  const { repository, digest, holder, path, leaseUntil } = fill;
  const current = yield* findFill(repository, digest);
  if (current !== undefined && current.leaseUntil > now) return { outcome: "held", fill: current };
  yield* query(
    `INSERT INTO fills (${columns}) VALUES ($1, $2, $3, $4, 0, NULL, $5)
     ON CONFLICT (repository, digest) DO UPDATE SET holder = excluded.holder, path = excluded.path,
       byte_offset = 0, size = NULL, lease_until = excluded.lease_until`,
    ...[repository, digest, holder, path, leaseUntil],
  );
  return { outcome: "claimed", deadPath: current?.path };
}

export function* findFill(repository: string, digest: Digest): Command<FillRecord | undefined> {
  const row = yield* queryOne<FillRow>(
    `SELECT ${columns} FROM fills WHERE repository = $1 AND digest = $2`,
    repository,
    digest,
  );
  return row && toFill(row);
}

/** A lease that ran out but was taken by nobody since still serves: nobody else can have written to the file. */
export function* saveFill(
  repository: string,
  digest: Digest,
  { holder, offset, size, leaseUntil }: Parameters<Fills["save"]>[2],
): Command<boolean> {
  const row = yield* queryOne(
    `UPDATE fills SET byte_offset = $4, size = $5, lease_until = $6
     WHERE repository = $1 AND digest = $2 AND holder = $3 RETURNING digest`,
    ...[repository, digest, holder, offset, size ?? null, leaseUntil],
  );
  return row !== undefined;
}

export function* endFill(repository: string, digest: Digest, holder: string): Command<void> {
  yield* query(
    "DELETE FROM fills WHERE repository = $1 AND digest = $2 AND holder = $3",
    ...[repository, digest, holder],
  );
}

export function* takeDeadFills(now: number): Command<FillRecord[]> {
  const rows = yield* query<FillRow>(`DELETE FROM fills WHERE lease_until <= $1 RETURNING ${columns}`, now);
  return rows.map(toFill);
}

export function* bytesUnderWay(now: number): Command<number> {
  const row = yield* queryOne<{ bytes: number }>(
    `SELECT coalesce(sum(f.size), 0) AS bytes FROM fills f WHERE f.lease_until > $1 AND NOT EXISTS (
       SELECT 1 FROM blob_links l JOIN repositories r ON r.id = l.repository_id
       WHERE l.digest = f.digest AND r.name = f.repository)`,
    now,
  );
  return row?.bytes ?? 0;
}
