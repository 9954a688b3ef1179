// One text of SQL and one of logic for both databases: a command is a generator that yields statements and is driven
// by whoever owns the connection, synchronously inside SQLite, asynchronously inside PostgreSQL.

export type SqlValue = string | number | bigint | Buffer | null;

export interface Statement {
  /** Parameters are written `$1`, `$2` …, as PostgreSQL wants them. */
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export type Row = Readonly<Record<string, unknown>>;

/** One atomic step: yields statements, receives their rows, returns its result. */
export type Command<T> = Generator<Statement, T, readonly Row[]>;

/** Runs one statement and gives its rows (of a RETURNING clause, for a change). */
export function* query<R>(
  sql: string,
  ...parameters: SqlValue[]
): Generator<Statement, readonly R[], readonly Row[]> {
  return (yield { sql, parameters }) as readonly R[];
}

/** As {@link query}, for statements that give at most one row. */
export function* queryOne<R>(
  sql: string,
  ...parameters: SqlValue[]
): Generator<Statement, R | undefined, readonly Row[]> {
  return (yield* query<R>(sql, ...parameters))[0];
}

/**
 * Drives a command to its end on a synchronous database. An error of a statement ends the command: it cannot be caught
 * inside, because in PostgreSQL nothing can follow it in the same transaction.
 */
export function runSync<T>(command: Command<T>, run: (statement: Statement) => readonly Row[]): T {
  let step = command.next();
  while (step.done !== true) step = command.next(run(step.value));
  return step.value;
}
