// Pages of the catalog and of tags in a large store: the time in the database, whichever page it is, beside the bare
// statement.
import Database from "better-sqlite3";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { spreadOf } from "../rows.ts";
import { atMost, WrongAnswer, type Contender, type RowPlan, type Scenario } from "../scenario.ts";

const limit = 100;
const calls = 200;
const bareSqlite = "bare better-sqlite3";

/** Names after this one. */
type ReadPage = (after: string) => Promise<readonly string[]>;

export const catalogPages: Scenario = {
  name: "page-catalog",
  rows: rowsOf("catalog"),
  open: async (bench) => {
    const { path } = await bench.shared.largeDatabase();
    const store = bench.closeLater(await openMetadataStore({ kind: "sqlite", path }));
    const own: ReadPage = async (after) =>
      (await store.repositories.list({ limit, after, visibility: { kind: "all" } })).entries;
    const database = bench.closeLater(openBare(path));
    const text =
      "SELECT name FROM repositories WHERE manifest_count > 0 AND name > ? ORDER BY name LIMIT 100";
    const before = "SELECT name FROM repositories ORDER BY name DESC LIMIT 1 OFFSET 100";
    return contenders(own, database.pages(text), database.pages(before));
  },
};

export const tagPages: Scenario = {
  name: "page-tags",
  rows: rowsOf("tags"),
  open: async (bench) => {
    const { path, tagged } = await bench.shared.largeDatabase();
    const store = bench.closeLater(await openMetadataStore({ kind: "sqlite", path }));
    const own: ReadPage = async (after) => (await store.tags.list(tagged, { limit, after })).entries;
    const database = bench.closeLater(openBare(path));
    const from = `FROM tags WHERE repository_id = (SELECT id FROM repositories WHERE name = '${tagged}')`;
    const text = `SELECT name ${from} AND name > ? ORDER BY name LIMIT 100`;
    const before = `SELECT name ${from} ORDER BY name DESC LIMIT 1 OFFSET 100`;
    return contenders(own, database.pages(text), database.pages(before));
  },
};

function rowsOf(what: string): RowPlan[] {
  return ["first", "last"].map((page) => ({
    title: `${what}, ${page} page of ${limit}, in the database`,
    ...{ figure: page, unit: "ms", against: bareSqlite, target: atMost(1) },
  }));
}

function openBare(path: string) {
  const database = new Database(path, { readonly: true });
  return {
    pages: (sql: string): ReadPage => {
      const statement = database.prepare<string[], { name: string }>(sql);
      return async (after) =>
        (sql.includes("?") ? statement.all(after) : statement.all()).map(({ name }) => name);
    },
    close: async () => database.close(),
  };
}

/** @param before gives the one name before the last page */
async function contenders(own: ReadPage, bare: ReadPage, before: ReadPage): Promise<Contender[]> {
  const [beforeLast = ""] = await before("");
  const expected = { first: await bare(""), last: await bare(beforeLast) };
  const contender = (name: string, read: ReadPage): Contender => ({
    name,
    measure: async () => {
      const first = await medianTime(read, "", expected.first);
      return { figures: { first, last: await medianTime(read, beforeLast, expected.last) }, units: calls };
    },
  });
  return [contender("Berth", own), contender(bareSqlite, bare)];
}

/** Milliseconds. */
async function medianTime(read: ReadPage, after: string, expected: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const begun = performance.now();
    const names = await read(after);
    times.push(performance.now() - begun);
    if (names.length !== limit || names[0] !== expected[0] || names.at(-1) !== expected.at(-1)) {
      throw new WrongAnswer("it is not the page that was asked for");
    }
  }
  return spreadOf(times)?.median ?? 0;
}
