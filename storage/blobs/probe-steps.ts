// Runs tries in their order and turns what they say and throw into probes. Apart because every backend is tried so.
import type { Probe } from "./probe.ts";

export interface ProbeStep {
  readonly name: string;
  /** Steps that must have worked before. */
  readonly needs?: readonly string[];
  /** What was seen, in a few words; throws when it does not work. */
  readonly run: () => Promise<string>;
  /** What helps when it threw. */
  readonly advise: (error: unknown) => string | undefined;
}

/** What does not work, and is not needed. */
export class Unneeded extends Error {
  override readonly name = "Unneeded";
}

export async function* runProbeSteps(steps: readonly ProbeStep[]): AsyncGenerator<Probe> {
  const worked = new Set<string>();
  for (const step of steps) {
    const lacking = step.needs?.find((need) => !worked.has(need));
    const probe = lacking === undefined ? await attempt(step) : skipped(step, lacking);
    if (probe.outcome === "works") worked.add(step.name);
    yield probe;
  }
}

function skipped({ name }: ProbeStep, lacking: string): Probe {
  return { name, outcome: "skipped", detail: `needs ${lacking}` };
}

async function attempt({ name, run, advise }: ProbeStep): Promise<Probe> {
  try {
    return { name, outcome: "works", detail: await run() };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const advice = advise(error);
    const outcome = error instanceof Unneeded ? "skipped" : "fails";
    return { name, outcome, detail, ...(advice !== undefined && { advice }) };
  }
}
