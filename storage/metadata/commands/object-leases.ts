// Leases of objects that are being read for long: the delete queue passes over them. One that ran out is nobody's, and
// goes when somebody takes another.
import type { Locator } from "../../blobs/stored-object.ts";
import { query, type Command } from "../statement.ts";
import { chunksOf, parameterList, rowList } from "./row-lists.ts";

/** More than one process that died can have left; what remains is taken along by the next. */
const sweptRows = 100;

export function* takeLeases(
  locators: readonly Locator[],
  holder: string,
  until: number,
  now: number,
): Command<void> {
  yield* sweepLeases(now);
  for (const chunk of chunksOf([...new Set(locators)])) {
    yield* query(
      `INSERT INTO object_leases (locator, holder, until_at) VALUES ${rowList(chunk.length, 3)}
       ON CONFLICT (locator, holder) DO UPDATE SET until_at = excluded.until_at`,
      ...chunk.flatMap((locator) => [locator, holder, until]),
    );
  }
}

export function* releaseLeases(locators: readonly Locator[], holder: string): Command<void> {
  for (const chunk of chunksOf(locators)) {
    yield* query(
      `DELETE FROM object_leases WHERE holder = $1 AND locator IN (${parameterList(chunk.length, 2)})`,
      ...[holder, ...chunk],
    );
  }
}

function* sweepLeases(now: number): Command<void> {
  yield* query(
    `DELETE FROM object_leases WHERE (locator, holder) IN
       (SELECT locator, holder FROM object_leases WHERE until_at <= $1 ORDER BY until_at LIMIT $2)`,
    ...[now, sweptRows],
  );
}
