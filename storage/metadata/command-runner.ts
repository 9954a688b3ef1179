// What a database engine gives the store: a way to run a command as one transaction. The commands are the same for
// every engine; PostgreSQL brings another runner and nothing else.
import type { Command } from "./statement.ts";

/** Takes functions that make commands, not commands: an engine may have to start one again from its beginning. */
export interface CommandRunner {
  /** Runs a command that changes nothing, on one consistent state of the database. */
  read<T>(command: () => Command<T>): Promise<T>;
  /** Runs a command as one transaction, in some order with all others; durable when it resolves. */
  write<T>(command: () => Command<T>): Promise<T>;
  /**
   * A number that is another one once anything was committed since, here or in another process; undefined when that can't
   * be told.
   */
  changes(): number | undefined;
  close(): Promise<void>;
}
