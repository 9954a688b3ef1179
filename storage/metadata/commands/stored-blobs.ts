// Which object holds which blob, over all repositories: for looking after the store as a whole.
import type { Locator } from "../../blobs/stored-object.ts";
import type { Digest } from "../../digest.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import type { StoredBlobRecord } from "../records.ts";
import { query, type Command } from "../statement.ts";
import { pageOf, startOf } from "./pages.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

export function* listStoredBlobs(page: PageRequest): Command<Page<StoredBlobRecord>> {
  const rows = yield* query<StoredBlobRecord>(
    "SELECT digest, locator, size, state FROM blobs WHERE digest > $1 ORDER BY digest LIMIT $2",
    startOf(page),
    page.limit + 1,
  );
  return pageOf(rows, page.limit, (row) => row);
}

/** Those of `locators` that a blob has, or that wait to be deleted. */
export function* findKnownLocators(locators: readonly Locator[]): Command<Locator[]> {
  const known: Locator[] = [];
  for (const chunk of chunksOf(locators)) {
    const list = parameterList(chunk.length);
    for (const table of ["blobs", "discarded_objects"]) {
      const sql = `SELECT locator FROM ${table} WHERE locator IN (${list})`;
      const rows = yield* query<{ locator: Locator }>(sql, ...chunk);
      known.push(...rows.map(({ locator }) => locator));
    }
  }
  return known;
}

/** The blob is at `to` from now on, and sound; false when there is no such blob, or it is being deleted. */
export function* relocateBlob(digest: Digest, to: Locator): Command<boolean> {
  const rows = yield* query(
    "UPDATE blobs SET locator = $2, state = 'present' WHERE digest = $1 AND state <> 'deleting' RETURNING digest",
    digest,
    to,
  );
  return rows.length > 0;
}
