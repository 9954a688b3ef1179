// A check of the figures of usage that holds nobody up. To add up a project of a million blobs takes many seconds, for which
// a transaction would keep all others from writing. So it is first added up statement by statement, while others write;
// only what differs twice, by the same figures, is added up once more where nobody else writes, and set right there.
import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { CommandRunner } from "./command-runner.ts";
import { checkUsage } from "./commands/check-usage.ts";
import type { IntegrityStore } from "./integrity-store.ts";
import type { Command, Row, Statement } from "./statement.ts";

type Step = Parameters<IntegrityStore["checkUsage"]>[0];
type Checked = Awaited<ReturnType<IntegrityStore["checkUsage"]>>;

/** Whoever is pushed to all that time can't be judged: the next check tries again. */
const maxLooks = 5;

/** Figures that change while they are added up are told by the look after it, which then says something else. */
export async function checkUsageAside(runner: CommandRunner, { after, repair }: Step): Promise<Checked> {
  const look = () => inPieces(runner, checkUsage({ after, repair: false }));
  let seen = await look();
  for (let looks = 1; looks < maxLooks && seen.mismatches.length > 0; looks++) {
    const again = await look();
    if (isDeepStrictEqual(again, seen)) return runner.write(() => checkUsage({ after, repair }));
    seen = again;
  }
  return { ...seen, mismatches: [] };
}

/** Each statement on the state of its moment, and a turn for others after it. */
async function inPieces<T>(runner: CommandRunner, command: Command<T>): Promise<T> {
  let step = command.next();
  while (step.done !== true) {
    const statement = step.value;
    step = command.next(await runner.read(() => only(statement)));
    await nextTurn();
  }
  return step.value;
}

function* only(statement: Statement): Command<readonly Row[]> {
  return yield statement;
}
