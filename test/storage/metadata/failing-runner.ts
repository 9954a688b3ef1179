// A runner of commands with a hook before each statement that writes may run, so that a test can fail any of them: what
// the hook throws ends the command as an error of the database would.
import type { CommandRunner } from "../../../storage/metadata/command-runner.ts";
import type { Command, Statement } from "../../../storage/metadata/statement.ts";

export function failingRunner(runner: CommandRunner, before: (statement: Statement) => void): CommandRunner {
  return {
    read: (command) => runner.read(command),
    write: (command) => runner.write(() => watched(command(), before)),
    changes: () => undefined,
    close: () => runner.close(),
  };
}

function* watched<T>(command: Command<T>, before: (statement: Statement) => void): Command<T> {
  let step = command.next();
  while (step.done !== true) {
    before(step.value);
    step = command.next(yield step.value);
  }
  return step.value;
}
