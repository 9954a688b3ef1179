// Runs commands on a SQLite file: writes one after another on the writer's connection, reads at once on a connection
// of their own, which sees the last committed state while a transaction is open.
import type { CommandRunner } from "../command-runner.ts";
import { runSync, type Command, type Statement } from "../statement.ts";
import { retryWhileBusy } from "./busy-retry.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { isBusy, translateSqliteError } from "./sqlite-errors.ts";
import { SqliteWriter, type SqliteWriterOptions } from "./sqlite-writer.ts";

const begin: Statement = { sql: "BEGIN", parameters: [] };
const end: Statement = { sql: "COMMIT", parameters: [] };

export class SqliteRunner implements CommandRunner {
  readonly #writer: SqliteWriter;
  readonly #connections: { readonly write: SqliteConnection; readonly read: SqliteConnection };
  readonly #options: SqliteWriterOptions;
  #closing: Promise<void> | undefined;
  #changes: number | undefined;

  constructor(write: SqliteConnection, read: SqliteConnection, options: SqliteWriterOptions) {
    this.#connections = { write, read };
    this.#options = options;
    this.#writer = new SqliteWriter(write, options);
  }

  async read<T>(command: () => Command<T>): Promise<T> {
    const { read, write } = this.#connections;
    // a database in memory has one connection: reads take their turn between the writes
    if (read === write) return this.#writer.write(command);
    try {
      return readOnce(read, command());
    } catch (error) {
      if (!isBusy(error)) throw translateSqliteError(error);
    }
    return retryWhileBusy(this.#options.busyLimitMilliseconds, () => readOnce(read, command()));
  }

  async write<T>(command: () => Command<T>): Promise<T> {
    try {
      return await this.#writer.write(command);
    } finally {
      this.#changes = undefined;
    }
  }

  /**
   * SQLite's data_version of the reading connection: what the writing one commits is to it somebody else's change, too. It
   * is asked once in a turn of the event loop. Who learned of another process's commit and asks here comes in a later one.
   */
  changes(): number | undefined {
    const { read, write } = this.#connections;
    if (read === write) return undefined;
    if (this.#changes === undefined) {
      this.#changes = read.dataVersion();
      process.nextTick(() => (this.#changes = undefined));
    }
    return this.#changes;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    const { read, write } = this.#connections;
    if (read !== write) read.close();
    write.close();
  }
}

function readOnce<T>(connection: SqliteConnection, command: Command<T>): T {
  connection.run(begin);
  try {
    return runSync(command, (statement) => connection.run(statement));
  } finally {
    if (connection.inTransaction) connection.run(end);
  }
}
