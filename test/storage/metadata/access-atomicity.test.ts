// A change of accounts, projects and the rest happens wholly or not at all: every statement of every one fails once.
import { expect, test } from "vitest";
import type { CommandRunner } from "../../../storage/metadata/command-runner.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import { query, type Command, type Row } from "../../../storage/metadata/statement.ts";
import { accessChanges, accessReads } from "./access-steps.ts";

/** Hands commands on until `budget` statements of writing ones are spent; the next one fails. */
function failingAfter(runner: CommandRunner, budget: { left: number }): CommandRunner {
  function* spend<T>(command: Command<T>): Command<T> {
    let step = command.next();
    while (step.done !== true) {
      if (budget.left-- <= 0) throw new Error("no statement left");
      step = command.next(yield step.value);
    }
    return step.value;
  }
  return {
    read: (command) => runner.read(command),
    write: (command) => runner.write(() => spend(command())),
    changes: () => undefined,
    close: () => runner.close(),
  };
}

/** Every row of every table. */
function* dump(): Command<Record<string, readonly Row[]>> {
  const tables = yield* query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
  const rows: Record<string, readonly Row[]> = {};
  for (const { name } of tables) rows[name] = yield* query<Row>(`SELECT * FROM ${name}`);
  return rows;
}

test("every change happens wholly or not at all, and in one step; a read changes nothing", async () => {
  const runner = await openSqlite({ path: ":memory:" });
  const budget = { left: 0 };
  const store = new SqlMetadataStore(failingAfter(runner, budget));
  let before = await runner.read(dump);
  for (const [name, run] of accessChanges) {
    let failures = 0;
    for (let failed = true; failed;) {
      budget.left = failures;
      failed = await run(store).then(
        () => false,
        () => true,
      );
      if (failed) expect(await runner.read(dump), `${name}, failing after ${failures}`).toEqual(before);
      if (failed) failures++;
    }
    expect(failures, name).toBeGreaterThan(0);
    const after = await runner.read(dump);
    expect(after, name).not.toEqual(before);
    before = after;
  }
  budget.left = Infinity;
  for (const [name, run] of accessReads) {
    await run(store);
    expect(await runner.read(dump), name).toEqual(before);
  }
  await store.close();
});
