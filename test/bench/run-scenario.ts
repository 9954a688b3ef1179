// One scenario: everybody warmed up, then several rounds in which each is measured once, so that a change of the machine's
// mood meets all of them.
import type { Bench } from "./bench.ts";
import { forgetPeaks, usageOf } from "./process-usage.ts";
import type { Contender, Scenario } from "./scenario.ts";

/** What one contender showed, round by round. */
export interface Showing {
  readonly name: string;
  readonly samples: readonly Readonly<Record<string, number>>[];
  /** Why there is no figure. */
  readonly void?: string;
}

/** Never rejects: what goes wrong voids the figures of those whom it happened to. */
export async function runScenario(
  scenario: Scenario,
  bench: Bench,
  rounds: number,
  tell: (text: string) => void,
): Promise<readonly Showing[]> {
  try {
    return await showingsOf(await scenario.open(bench), rounds, tell);
  } catch (error) {
    return [{ name: "Berth", samples: [], void: reasonOf(error) }];
  } finally {
    await bench.close();
  }
}

async function showingsOf(
  contenders: readonly Contender[],
  rounds: number,
  tell: (text: string) => void,
): Promise<readonly Showing[]> {
  const notes = contenders.map((contender) => new Notes(contender));
  tell("warming up");
  for (const note of notes) await note.take(({ warmUp, measure }) => (warmUp ?? measure)());
  for (let round = 1; round <= rounds; round++) {
    tell(`round ${round} of ${rounds}`);
    for (const note of notes) await note.take(async () => note.add());
  }
  return notes;
}

class Notes implements Showing {
  readonly #contender: Contender;
  readonly samples: Record<string, number>[] = [];
  void?: string;

  constructor(contender: Contender) {
    this.#contender = contender;
  }

  get name(): string {
    return this.#contender.name;
  }

  /** Does nothing for one whose figure is void already. */
  async take(work: (contender: Contender) => Promise<unknown>): Promise<void> {
    if (this.void !== undefined) return;
    try {
      await work(this.#contender);
    } catch (error) {
      this.void = reasonOf(error);
    }
  }

  async add(): Promise<void> {
    const pids = this.#contender.pids?.() ?? [];
    forgetPeaks(pids);
    const before = usageOf(pids);
    const { figures, units } = await this.#contender.measure();
    const after = usageOf(this.#contender.pids?.() ?? []);
    const spent = before &&
      after && { cpu: (after.cpuSeconds - before.cpuSeconds) / units, rss: after.peakMiB };
    this.samples.push({ ...spent, ...figures });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
