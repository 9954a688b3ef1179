// The one writing connection. Commands that came while the last transaction was being committed share the next one,
// each in a savepoint of its own, and learn their results after COMMIT:
//
//   write() ─▶ queue ─▶ BEGIN IMMEDIATE ─▶ (SAVEPOINT, command, RELEASE | ROLLBACK TO) … ─▶ COMMIT ─▶ resolve | reject
//
// An idle writer commits a single one at once. Where the last ones came together, fewer wait a moment for the others: a
// commit costs as much as all that one of them writes.
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import type { Command } from "../statement.ts";
import { pauseWhileBusy } from "./busy-retry.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { isBusy, translateSqliteError } from "./sqlite-errors.ts";

export interface SqliteWriterOptions {
  /** How long a command waits for another process to give the lock back, before it fails as `busy`. */
  readonly busyLimitMilliseconds: number;
  /** How long statements run before the event loop gets a turn; the transaction stays open meanwhile. */
  readonly turnMilliseconds: number;
  /** Whether commands may share a transaction. */
  readonly grouping: boolean;
}

/** Runs a command to its result. */
type Drive = <T>(command: Command<T>) => Promise<T>;

interface Job {
  readonly deadline: number;
  /** Runs the command; what it gives tells the caller. */
  perform(drive: Drive): Promise<() => void>;
  reject(error: unknown): void;
}

/** How long commands wait for as many as came together before. */
const gatherMilliseconds = 1;
/** Bounds how much one failing COMMIT takes with it, and how long the first of a group waits for the last. */
const maxGroup = 128;

export class SqliteWriter {
  readonly #connection: SqliteConnection;
  readonly #options: SqliteWriterOptions;
  readonly #queue: Job[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;
  #lastGroup = 0;
  #turnStart = 0;

  constructor(connection: SqliteConnection, options: SqliteWriterOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  write<T>(command: () => Command<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) throw new Error("the metadata store is closed");
      this.#queue.push({
        deadline: performance.now() + this.#options.busyLimitMilliseconds,
        perform: async (drive) => {
          const result = await drive(command());
          return () => resolve(result);
        },
        reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when all that was queued is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  /** Never rejects: whatever goes wrong is told to the callers whose commands it concerns. */
  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await nextTurn();
      if (this.#queue.length < this.#lastGroup) await delay(gatherMilliseconds);
      if (await this.#begin()) await this.#runGroup(this.#takeGroup());
    }
    this.#draining = undefined;
  }

  #takeGroup(): readonly Job[] {
    const group = this.#queue.splice(0, this.#options.grouping ? maxGroup : 1);
    this.#lastGroup = group.length;
    return group;
  }

  /** Opens a transaction that holds the write lock; false when that was not possible this time. */
  async #begin(): Promise<boolean> {
    try {
      this.#execute("BEGIN IMMEDIATE");
      return true;
    } catch (error) {
      const now = performance.now();
      const failed = isBusy(error) ? this.#queue.filter((job) => job.deadline <= now) : [...this.#queue];
      for (const job of failed) {
        this.#queue.splice(this.#queue.indexOf(job), 1);
        job.reject(translateSqliteError(error));
      }
      if (this.#queue.length > 0) await pauseWhileBusy();
      return false;
    }
  }

  async #runGroup(group: readonly Job[]): Promise<void> {
    const settlers: (() => void)[] = [];
    this.#turnStart = performance.now();
    try {
      for (const job of group) settlers.push(await this.#runAlone(job));
      this.#execute("COMMIT");
    } catch (error) {
      for (const job of group) job.reject(translateSqliteError(error));
      this.#rollback();
      return;
    }
    for (const settle of settlers) settle();
  }

  /** A connection that cannot even roll back refuses every later BEGIN, which tells every later caller. */
  #rollback(): void {
    try {
      if (this.#connection.inTransaction) this.#execute("ROLLBACK");
    } catch {
      return;
    }
  }

  /** Runs one command in its savepoint. Throws only when the whole transaction is lost. */
  async #runAlone(job: Job): Promise<() => void> {
    this.#execute("SAVEPOINT command");
    try {
      const settle = await job.perform((command) => this.#drive(command));
      this.#execute("RELEASE command");
      return settle;
    } catch (error) {
      // after some errors (disk full, for one) SQLite has rolled everything back by itself
      if (!this.#connection.inTransaction) throw error;
      this.#execute("ROLLBACK TO command");
      this.#execute("RELEASE command");
      return () => job.reject(translateSqliteError(error));
    }
  }

  /** Steps through a command; a long one gives the event loop its turns between statements. */
  async #drive<T>(command: Command<T>): Promise<T> {
    let step = command.next();
    while (step.done !== true) {
      const rows = this.#connection.run(step.value);
      if (performance.now() - this.#turnStart >= this.#options.turnMilliseconds) {
        await nextTurn();
        this.#turnStart = performance.now();
      }
      step = command.next(rows);
    }
    return step.value;
  }

  #execute(sql: string): void {
    this.#connection.run({ sql, parameters: [] });
  }
}
