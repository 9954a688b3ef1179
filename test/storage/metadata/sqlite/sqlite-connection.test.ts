// What every connection to SQLite must be set to, and how values travel.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";
import { makeFile, type TestFile } from "../sqlite-databases.ts";

const synchronousFull = 2;

describe("a SQLite connection", () => {
  let file: TestFile;
  beforeEach(async () => {
    file = await makeFile();
  });
  afterEach(() => file.dispose());

  test("is durable, keeps foreign keys and hardly sleeps, on a reopened database too", () => {
    for (const round of ["created", "reopened"]) {
      const connection = new SqliteConnection(file.path);
      expect(connection.pragma("journal_mode"), round).toBe("wal");
      expect(connection.pragma("synchronous"), round).toBe(synchronousFull);
      expect(connection.pragma("foreign_keys"), round).toBe(1);
      expect(connection.pragma("busy_timeout"), round).toBeLessThanOrEqual(5);
      connection.execute("CREATE TABLE IF NOT EXISTS t (x INTEGER)");
      connection.close();
    }
  });

  test("binds parameters by their number, in any order and repeatedly", () => {
    const connection = new SqliteConnection(file.path);
    const parameters = ["text", 2 ** 53 - 1, Buffer.from([0, 1, 255]), null];
    const rows = connection.run({
      sql: "SELECT $4 AS d, $3 AS c, $2 AS b, $1 AS a, $1 AS again",
      parameters,
    });
    expect(rows).toEqual([
      { a: "text", again: "text", b: 2 ** 53 - 1, c: Buffer.from([0, 1, 255]), d: null },
    ]);
    connection.close();
  });

  test("runs more different statements than it keeps prepared, in any order", () => {
    const connection = new SqliteConnection(file.path);
    for (let round = 0; round < 2; round++) {
      for (let value = 0; value < 1000; value++) {
        expect(connection.run({ sql: `SELECT ${value} AS value`, parameters: [] })).toEqual([{ value }]);
      }
    }
    connection.close();
  });
});
