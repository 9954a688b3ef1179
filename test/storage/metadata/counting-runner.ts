// What a store asks of its database and is given: hands commands on, and counts.
import type { CommandRunner } from "../../../storage/metadata/command-runner.ts";
import type { Command } from "../../../storage/metadata/statement.ts";

export interface Work {
  statements: number;
  rows: number;
}

export function countingRunner(runner: CommandRunner, work: Work): CommandRunner {
  function* count<T>(command: Command<T>): Command<T> {
    let step = command.next();
    while (step.done !== true) {
      const rows = yield step.value;
      work.statements += 1;
      work.rows += rows.length;
      step = command.next(rows);
    }
    return step.value;
  }
  return {
    read: (command) => runner.read(() => count(command())),
    write: (command) => runner.write(() => count(command())),
    changes: () => undefined,
    close: () => runner.close(),
  };
}
