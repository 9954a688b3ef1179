// A real connection that also writes down what it is asked to run, and can be told to stumble over one statement.
import type { Row, Statement } from "../../../../storage/metadata/statement.ts";
import { SqliteConnection } from "../../../../storage/metadata/sqlite/sqlite-connection.ts";

export class RecordingConnection extends SqliteConnection {
  readonly statements: string[] = [];
  /** Called before each statement; what it throws is what the database answers. */
  before: (sql: string) => void = () => undefined;

  override run(statement: Statement): readonly Row[] {
    this.statements.push(statement.sql);
    this.before(statement.sql);
    return super.run(statement);
  }

  /** How often this very statement was run. */
  count(sql: string): number {
    return this.statements.filter((text) => text === sql).length;
  }
}
