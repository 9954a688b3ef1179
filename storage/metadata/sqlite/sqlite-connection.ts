// One connection of better-sqlite3, speaking Statement: settings that every connection needs, and prepared statements
// kept for reuse.
import Database from "better-sqlite3";
import { isBusy } from "./sqlite-errors.ts";
import type { Row, SqlValue, Statement } from "../statement.ts";

/** Statements kept prepared. There are some hundred and fifty texts, and lists of up to a hundred rows multiply a few of them. */
const maxPrepared = 300;
/** How long SQLite itself may sleep on a lock; longer waits are left to the event loop. */
const busySleepMilliseconds = 5;
/** The log is cut to this size after it was copied back, so that one big transaction does not leave a big file. */
const journalLimitBytes = 64 * 1024 * 1024;

export class SqliteConnection {
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();
  readonly #dataVersion: Database.Statement;

  /**
   * Opens, or creates, the database file. May throw a busy error while another process opens it too.
   * @param exclusive no other connection may have it open now, or open it before this one is closed
   */
  constructor(path: string, { exclusive = false } = {}) {
    this.#database = new Database(path, { timeout: busySleepMilliseconds });
    try {
      // said before the first look at the database, it counts for all of it; said later, it would wait for a write
      if (exclusive) this.pragma("locking_mode = EXCLUSIVE");
      this.pragma("journal_mode = WAL");
      // better-sqlite3 is compiled to reopen a WAL database at NORMAL, where a power cut undoes acknowledged commits
      this.pragma("synchronous = FULL");
      this.pragma("foreign_keys = ON");
      this.pragma(`journal_size_limit = ${journalLimitBytes}`);
      // a savepoint notes what it changes: by default in a file, which doubles what a small transaction writes
      this.pragma("temp_store = MEMORY");
      this.#dataVersion = this.#database.prepare("PRAGMA data_version").pluck();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Whether a transaction is open. SQLite may have ended it by itself, after some errors. */
  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  pragma(text: string): unknown {
    return this.#database.pragma(text, { simple: true });
  }

  /** Another number once some other connection committed; undefined while the database is locked. */
  dataVersion(): number | undefined {
    try {
      return this.#dataVersion.get() as number;
    } catch (error) {
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  /** Runs a text of any number of statements without parameters. */
  execute(sql: string): void {
    this.#database.exec(sql);
  }

  run({ sql, parameters }: Statement): readonly Row[] {
    const statement = this.#prepare(sql);
    const bound = parameters.length === 0 ? [] : [byNumber(parameters)];
    if (statement.reader) return statement.all(...bound) as Row[];
    statement.run(...bound);
    return [];
  }

  /** Closes the connection; the last one copies the log back and removes it. */
  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }

  /**
   * Keeps the texts used last: a Map remembers the order of insertion. `$1` becomes `?1`: the first is a name to SQLite,
   * and it looks each name up among all before it, which takes a list of 10,000 half a second.
   */
  #prepare(sql: string): Database.Statement {
    const known = this.#prepared.get(sql);
    const statement = known ?? this.#database.prepare(sql.replaceAll(/\$(\d+)/g, "?$1"));
    if (known !== undefined) this.#prepared.delete(sql);
    this.#prepared.set(sql, statement);
    if (this.#prepared.size > maxPrepared) {
      const [oldest] = this.#prepared.keys();
      if (oldest !== undefined) this.#prepared.delete(oldest);
    }
    return statement;
  }
}

/** Numbered parameters are bound by their numbers: the first value as {1: value}. */
function byNumber(parameters: readonly SqlValue[]): Record<number, SqlValue> {
  const bound: Record<number, SqlValue> = {};
  parameters.forEach((value, index) => (bound[index + 1] = value));
  return bound;
}
