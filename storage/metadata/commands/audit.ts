// The audit trail: entries are appended, read from the newest backwards, and pruned by age; none is ever changed.
import type { AuditRecord } from "../access-records.ts";
import type { AuditQuery } from "../access-store.ts";
import type { Page } from "../metadata-store.ts";
import { query, type Command, type SqlValue } from "../statement.ts";
import { pageOf } from "./pages.ts";
import { chunksOf, rowList } from "./row-lists.ts";

interface AuditRow {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: AuditRecord["outcome"];
  readonly detail: string;
  readonly address: string | null;
  readonly request_id: string | null;
}

const columns = "at, actor, action, target, outcome, detail, address, request_id";
const columnCount = 8;

function toEntry(row: AuditRow): AuditRecord & { readonly id: number } {
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    detail: row.detail,
    address: row.address ?? undefined,
    requestId: row.request_id ?? undefined,
  };
}

function valuesOf(entry: AuditRecord): SqlValue[] {
  const { at, actor, action, target, outcome, detail, address = null, requestId = null } = entry;
  return [at, actor, action, target, outcome, detail, address, requestId];
}

export function* appendAudit(entries: readonly AuditRecord[]): Command<void> {
  for (const chunk of chunksOf(entries)) {
    yield* query(
      `INSERT INTO audit (${columns}) VALUES ${rowList(chunk.length, columnCount)}`,
      ...chunk.flatMap(valuesOf),
    );
  }
}

export function* listAudit(wanted: AuditQuery): Command<Page<AuditRecord & { readonly id: number }>> {
  const { actor, action, outcome, before = Number.MAX_SAFE_INTEGER, limit } = wanted;
  const filters = Object.entries({ actor, action, outcome }).filter(([, value]) => value !== undefined);
  const rows = yield* query<AuditRow>(
    `SELECT id, ${columns} FROM audit
     WHERE id < $1 ${filters.map(([column], index) => `AND ${column} = $${index + 3} `).join("")}
     ORDER BY id DESC LIMIT $2`,
    before,
    limit + 1,
    ...filters.map(([, value]) => value ?? null),
  );
  return pageOf(rows, limit, toEntry);
}

export function* pruneAudit(before: number, limit: number): Command<number> {
  const gone = yield* query(
    `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2) RETURNING id`,
    before,
    limit,
  );
  return gone.length;
}
