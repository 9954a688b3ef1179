// The delete queue: locators that no row refers to any more. Rows go first, bytes later, so that a crash between the
// two leaves bytes too many and never a row without bytes.
import type { Locator } from "../../blobs/stored-object.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

/** A locator that was visible may have been handed to a reader just before it was replaced. */
export const readerGraceMilliseconds = 60_000;

/** Queues a locator, unless a row refers to it: bytes that are needed are never queued, whoever asks. False then. */
export function* discardObject(locator: Locator, now: number, dueAt: number): Command<boolean> {
  if ((yield* queryOne("SELECT 1 FROM blobs WHERE locator = $1", locator)) !== undefined) return false;
  yield* query(
    `INSERT INTO discarded_objects (locator, discarded_at, due_at) VALUES ($1, $2, $3)
     ON CONFLICT (locator) DO NOTHING`,
    locator,
    now,
    dueAt,
  );
  return true;
}

/** What nobody seemed to want, and a blob has now. */
export function* reclaimObject(locator: Locator): Command<void> {
  yield* query("DELETE FROM discarded_objects WHERE locator = $1", locator);
}

export function* addDiscardedObjects(
  locators: readonly Locator[],
  now: number,
  dueAt: number,
): Command<Locator[]> {
  const queued: Locator[] = [];
  for (const locator of locators) if (yield* discardObject(locator, now, dueAt)) queued.push(locator);
  return queued;
}

export function* listDiscardedObjects(now: number, limit: number): Command<Locator[]> {
  const rows = yield* query<{ locator: Locator }>(
    `SELECT locator FROM discarded_objects d WHERE due_at <= $1
       AND NOT EXISTS (SELECT 1 FROM object_leases l WHERE l.locator = d.locator AND l.until_at > $1)
     ORDER BY due_at, locator LIMIT $2`,
    now,
    limit,
  );
  return rows.map((row) => row.locator);
}

export function* forgetDiscardedObjects(locators: readonly Locator[]): Command<void> {
  for (const chunk of chunksOf(locators)) {
    yield* query(`DELETE FROM discarded_objects WHERE locator IN (${parameterList(chunk.length)})`, ...chunk);
  }
}
