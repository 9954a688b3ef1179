// Moving all blobs to another blob store: copies are noted one by one, while the rows go on to say where the bytes were
// all the time, and in the end all rows change at once.
import type { Locator } from "../../blobs/stored-object.ts";
import type { Digest } from "../../digest.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import type { BlobCopiesSwitch } from "../stored-blobs-store.ts";
import type { BlobRecord } from "../records.ts";
import { query, type Command } from "../statement.ts";
import { markBlobDamaged } from "./blob-links.ts";
import { discardObject } from "./discarded-objects.ts";
import { pageOf, startOf } from "./pages.ts";
import { relocateBlob } from "./stored-blobs.ts";

const pageRows = 500;

type CopiedBlob = BlobRecord & { readonly copy: Locator | undefined };

/** Present blobs, with where the target has them. */
export function* listBlobsToCopy(target: string, page: PageRequest): Command<Page<CopiedBlob>> {
  const rows = yield* query<BlobRecord & { readonly copy: Locator | null }>(
    `SELECT b.digest, b.locator, b.size, c.locator AS copy FROM blobs b
     LEFT JOIN blob_copies c ON c.target = $1 AND c.digest = b.digest
     WHERE b.digest > $2 AND b.state = 'present' ORDER BY b.digest LIMIT $3`,
    ...[target, startOf(page), page.limit + 1],
  );
  return pageOf(rows, page.limit, (row) => ({ ...row, copy: row.copy ?? undefined }));
}

export function* addBlobCopy(target: string, digest: Digest, locator: Locator): Command<void> {
  yield* query(
    `INSERT INTO blob_copies (target, digest, locator) VALUES ($1, $2, $3)
     ON CONFLICT (target, digest) DO UPDATE SET locator = $3`,
    ...[target, digest, locator],
  );
}

export function* switchToCopies(
  target: string,
  { leaveUncopied, now }: { readonly leaveUncopied: boolean; readonly now: number },
): Command<BlobCopiesSwitch> {
  const uncopied = yield* countUncopied(target, leaveUncopied);
  if (uncopied > 0 && !leaveUncopied) return { outcome: "incomplete", uncopied };
  // both speak of the store that is left, which stays as it is
  yield* query("DELETE FROM discarded_objects");
  yield* query("DELETE FROM uploads");
  const blobs = yield* relocateToCopies(target, now);
  yield* query("DELETE FROM blob_copies WHERE target = $1", target);
  return { outcome: "switched", blobs, left: uncopied };
}

/** @param leave whether they are given up: of their bytes the store to come has nothing */
function* countUncopied(target: string, leave: boolean): Command<number> {
  let uncopied = 0;
  for (let after = "", more = true; more;) {
    const page = yield* listBlobsToCopy(target, { after, limit: pageRows });
    for (const { digest, locator, copy } of page.entries) {
      if (copy !== undefined) continue;
      uncopied += 1;
      if (leave) yield* markBlobDamaged(digest, locator);
    }
    more = page.more;
    after = page.entries.at(-1)?.digest ?? after;
  }
  return uncopied;
}

function* relocateToCopies(target: string, now: number): Command<number> {
  let relocated = 0;
  for (let after = "", full = true; full;) {
    const copies = yield* query<{ readonly digest: Digest; readonly locator: Locator }>(
      "SELECT digest, locator FROM blob_copies WHERE target = $1 AND digest > $2 ORDER BY digest LIMIT $3",
      ...[target, after, pageRows],
    );
    for (const { digest, locator } of copies) {
      if (yield* relocateBlob(digest, locator)) relocated += 1;
      else yield* discardObject(locator, now, now);
    }
    full = copies.length === pageRows;
    after = copies.at(-1)?.digest ?? after;
  }
  return relocated;
}
