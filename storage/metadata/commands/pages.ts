// Pages by key, never by OFFSET: a statement asks for one row more than wanted, which tells whether more remain.
import type { Page, PageRequest } from "../metadata-store.ts";

/** The key to start after. No name and no digest is empty, so that the empty text stands before all of them. */
export function startOf(page: PageRequest): string {
  return page.after ?? "";
}

export function pageOf<R, T>(rows: readonly R[], limit: number, entryOf: (row: R) => T): Page<T> {
  return { entries: rows.slice(0, limit).map(entryOf), more: rows.length > limit };
}
