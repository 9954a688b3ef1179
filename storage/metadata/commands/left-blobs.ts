// What repositories without a manifest keep: blobs that were pushed for images that never came, or are gone. Apart,
// because nothing of it may pass from one owner of a project's name to the next.
import type { Digest } from "../../digest.ts";
import { query, type Command } from "../statement.ts";
import { releaseLinks } from "./release-links.ts";

const pageRows = 500;
/** Who still reads a blob of a project that goes reads on where an open file stays readable, as on a disk, or by a lease. */
const atOnce = { now: 0, dueAt: 0 };

interface RepositoryRow {
  readonly id: number;
  readonly name: string;
}

/** Takes the blobs out of a project's repositories that hold no manifest; their bytes are nobody's then. */
export function* removeBlobsLeftIn(project: string): Command<void> {
  // the character after the slash ends the range of names that begin so
  yield* removeBlobsLeftBetween(`${project}/`, `${project}0`, () => true);
}

/** The same for names of a single segment. */
export function* removeBlobsLeftInSingleSegments(): Command<void> {
  yield* removeBlobsLeftBetween("", "\u{10ffff}", (name) => !name.includes("/"));
}

function* removeBlobsLeftBetween(
  first: string,
  end: string,
  isMeant: (name: string) => boolean,
): Command<void> {
  for (let after: string | undefined = first; after !== undefined;) {
    const rows: readonly RepositoryRow[] = yield* query<RepositoryRow>(
      `SELECT id, name FROM repositories WHERE name > $1 AND name < $2 AND manifest_count = 0
       ORDER BY name LIMIT $3`,
      ...[after, end, pageRows],
    );
    for (const { id, name } of rows) {
      if (isMeant(name)) yield* removeLinksOf(id);
    }
    after = rows.length === pageRows ? rows.at(-1)?.name : undefined;
  }
}

function* removeLinksOf(repositoryId: number): Command<void> {
  for (let more = true; more;) {
    const links = yield* query<{ digest: Digest }>(
      "SELECT digest FROM blob_links WHERE repository_id = $1 LIMIT $2",
      ...[repositoryId, pageRows],
    );
    yield* releaseLinks(
      repositoryId,
      links.map(({ digest }) => digest),
      atOnce,
    );
    more = links.length === pageRows;
  }
}
