// Group commit, and what becomes of commands when the database fails or is taken: of the SQLite writer alone.
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { query, type Command } from "../../../../storage/metadata/statement.ts";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";
import { SqliteWriter, type SqliteWriterOptions } from "../../../../storage/metadata/sqlite/sqlite-writer.ts";
import { isStorageError } from "../../../../storage/storage-error.ts";
import { makeFile, type TestFile } from "../sqlite-databases.ts";
import { RecordingConnection } from "./recording-connection.ts";

const options: SqliteWriterOptions = {
  busyLimitMilliseconds: 10_000,
  turnMilliseconds: 1000,
  grouping: true,
};

function* insert(text: string): Command<string> {
  yield* query("INSERT INTO words (word) VALUES ($1)", text);
  return text;
}

function* insertThenFail(text: string): Command<never> {
  yield* insert(text);
  throw new Error(`the command of ${text} failed`);
}

function* insertMany(prefix: string, count: number): Command<number> {
  for (let index = 0; index < count; index++) yield* insert(`${prefix}${index}`);
  return count;
}

describe("the SQLite writer", () => {
  let file: TestFile;
  let connection: RecordingConnection;
  let other: SqliteConnection;

  beforeEach(async () => {
    file = await makeFile();
    connection = new RecordingConnection(file.path);
    connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY) STRICT");
    other = new SqliteConnection(file.path);
  });
  afterEach(async () => {
    other.close();
    connection.close();
    await file.dispose();
  });

  const words = (through: SqliteConnection = other) =>
    through.run({ sql: "SELECT word FROM words ORDER BY word", parameters: [] }).map((row) => row["word"]);

  describe("group commit", () => {
    test("commands that came in one turn share one transaction, in the order in which they came", async () => {
      const writer = new SqliteWriter(connection, options);
      const results = await Promise.all(["c", "a", "b"].map((word) => writer.write(() => insert(word))));
      expect(results).toEqual(["c", "a", "b"]);
      expect(connection.count("COMMIT")).toBe(1);
      expect(connection.count("SAVEPOINT command")).toBe(3);
      expect(words()).toEqual(["a", "b", "c"]);
    });

    test("a single command does not wait for company", async () => {
      const writer = new SqliteWriter(connection, options);
      await writer.write(() => insert("a"));
      await writer.write(() => insert("b"));
      expect(connection.count("COMMIT")).toBe(2);
    });

    test("where the last came together, fewer wait a moment for the others", async () => {
      const writer = new SqliteWriter(connection, options);
      await Promise.all(["a", "b", "c"].map((word) => writer.write(() => insert(word))));
      const early = writer.write(() => insert("d"));
      // past the turn after which it would have gone alone
      await nextTurn();
      await Promise.all([early, writer.write(() => insert("e"))]);
      expect(connection.count("COMMIT")).toBe(2);
    });

    test("what comes while a transaction is open goes into the next one", async () => {
      const writer = new SqliteWriter(connection, { ...options, turnMilliseconds: 0 });
      const long = writer.write(() => insertMany("long", 20));
      while (connection.statements.length < 5) await nextTurn();
      const late = ["a", "b"].map((word) => writer.write(() => insert(word)));
      await Promise.all([long, ...late]);
      expect(connection.count("COMMIT")).toBe(2);
    });

    test("can be turned off: then each command has a transaction of its own", async () => {
      const writer = new SqliteWriter(connection, { ...options, grouping: false });
      await Promise.all(["a", "b", "c"].map((word) => writer.write(() => insert(word))));
      expect(connection.count("COMMIT")).toBe(3);
    });

    test("a command that fails rolls back alone, whether it throws or its statement does", async () => {
      const writer = new SqliteWriter(connection, options);
      const results = await Promise.allSettled([
        writer.write(() => insert("before")),
        writer.write(() => insertThenFail("thrown")),
        writer.write(() => insert("before")),
        writer.write(() => insert("after")),
      ]);
      expect(results.map((result) => result.status)).toEqual([
        "fulfilled",
        "rejected",
        "rejected",
        "fulfilled",
      ]);
      expect(connection.count("COMMIT")).toBe(1);
      expect(words()).toEqual(["after", "before"]);
    });

    test("nobody is told of success when COMMIT fails, and nothing of the group stays", async () => {
      const writer = new SqliteWriter(connection, options);
      connection.before = (sql) => {
        if (sql === "COMMIT") throw new Error("the disk is gone");
      };
      const results = await Promise.allSettled(["a", "b"].map((word) => writer.write(() => insert(word))));
      expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
      connection.before = () => undefined;
      expect(words(connection)).toEqual([]);
      expect(await writer.write(() => insert("c"))).toBe("c");
      expect(words()).toEqual(["c"]);
    });

    test("a group that SQLite rolled back by itself fails as a whole", async () => {
      const writer = new SqliteWriter(connection, options);
      function* loseTransaction(): Command<void> {
        yield* query("ROLLBACK");
        yield* query("SELECT * FROM nothing");
      }
      const results = await Promise.allSettled([
        writer.write(() => insert("a")),
        writer.write(loseTransaction),
        writer.write(() => insert("b")),
      ]);
      expect(results.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected"]);
      expect(words()).toEqual([]);
    });
  });

  describe("a long command", () => {
    test("gives the event loop turns, while others see the state before it", async () => {
      const writer = new SqliteWriter(connection, { ...options, turnMilliseconds: 0 });
      let done = false as boolean;
      const long = writer.write(() => insertMany("word", 200)).finally(() => (done = true));
      let turns = 0;
      for (; !done; turns++) {
        expect(words()).toEqual([]);
        await nextTurn();
      }
      await long;
      expect(turns).toBeGreaterThan(200);
      expect(words()).toHaveLength(200);
    });
  });

  describe("while another process holds the write lock", () => {
    test("the event loop stays free, and the command succeeds when the lock is given back", async () => {
      const writer = new SqliteWriter(connection, options);
      other.execute("BEGIN IMMEDIATE");
      let settled = false;
      const waiting = writer.write(() => insert("a")).finally(() => (settled = true));
      while (connection.count("BEGIN IMMEDIATE") < 3) await nextTurn();
      expect(settled).toBe(false);
      other.execute("COMMIT");
      expect(await waiting).toBe("a");
    });

    test("the command fails as busy when its time is over, later ones may still succeed", async () => {
      const writer = new SqliteWriter(connection, { ...options, busyLimitMilliseconds: 1 });
      other.execute("BEGIN IMMEDIATE");
      const error: unknown = await writer.write(() => insert("a")).catch((reason: unknown) => reason);
      expect(isStorageError(error, "busy")).toBe(true);
      other.execute("COMMIT");
      expect(await writer.write(() => insert("b"))).toBe("b");
      expect(words()).toEqual(["b"]);
    });
  });

  describe("without room", () => {
    test("a command fails as full, and smaller ones succeed when there is room again", async () => {
      const writer = new SqliteWriter(connection, options);
      connection.pragma(`max_page_count = ${Number(connection.pragma("page_count")) + 2}`);
      const failure = writer.write(() => insert("x".repeat(100_000))).catch((reason: unknown) => reason);
      expect(isStorageError(await failure, "full")).toBe(true);
      expect(await writer.write(() => insert("small"))).toBe("small");
      connection.pragma("max_page_count = 1000000");
      await writer.write(() => insert("x".repeat(100_000)));
      expect(words()).toHaveLength(2);
    });
  });

  describe("closing", () => {
    test("waits for all that was queued, and refuses what comes later", async () => {
      const writer = new SqliteWriter(connection, { ...options, grouping: false });
      const settled: string[] = [];
      for (const word of ["a", "b"]) void writer.write(() => insert(word)).then((text) => settled.push(text));
      await writer.close();
      expect(settled).toEqual(["a", "b"]);
      await expect(writer.write(() => insert("c"))).rejects.toThrow("closed");
    });
  });
});
