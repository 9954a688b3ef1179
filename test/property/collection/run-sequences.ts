// Runs random sequences until one breaks a promise, and takes steps away from that one while it still does: what is left
// is a report that can be read. (By hand, because arrays of a least length are not made shorter than that.)
import fc from "fast-check";
import type { CollectionGround } from "./collection-ground.ts";
import { anySequence, runSequence, type CollectionStep } from "./collection-steps.ts";
import { CollectionWorld, soundParts, type Assemble } from "./collection-world.ts";

type Sequence = readonly CollectionStep[];

export interface BrokenPromise {
  /** How many sequences it took. */
  readonly after: number;
  readonly steps: Sequence;
  readonly error: Error;
}

export interface Running {
  readonly seed: number;
  readonly sequences: number;
}

/** undefined when all is well. */
export async function findBrokenPromise(
  ground: CollectionGround,
  assemble: Assemble,
  { seed, sequences }: Running,
): Promise<BrokenPromise | undefined> {
  const property = fc.asyncProperty(anySequence, async (steps) => {
    const error = await errorOf(ground, assemble, steps);
    if (error !== undefined) throw error;
  });
  const result = await fc.check(property, { seed, numRuns: sequences, endOnFailure: true });
  const [steps] = result.counterexample ?? [];
  if (steps === undefined) return undefined;
  return { after: result.numRuns, steps, error: asError(result.errorInstance) };
}

/** @throws Error how to run it again, and what happened, in few steps */
export async function expectPromisesKept(ground: CollectionGround, running: Running): Promise<void> {
  const broken = await findBrokenPromise(ground, soundParts, running);
  if (broken === undefined) return;
  const { steps, error } = await withFewestSteps(ground, soundParts, broken);
  const lines = [`sequence ${broken.after} of seed ${running.seed}:`, ...steps.map(String), String(error)];
  throw new Error(lines.join("\n  "), { cause: error });
}

/** The same failure, or another, by as few steps as can be found. */
async function withFewestSteps(
  ground: CollectionGround,
  assemble: Assemble,
  { after, steps: all, error: first }: BrokenPromise,
): Promise<BrokenPromise> {
  let [steps, error] = [all, first];
  for (let size = 8; size >= 1; size /= 2) {
    for (let at = 0; at < steps.length;) {
      const fewer = steps.toSpliced(at, size);
      const failure = await errorOf(ground, assemble, fewer);
      if (failure === undefined) at += size;
      else [steps, error] = [fewer, failure];
    }
  }
  return { after, steps, error };
}

async function errorOf(
  ground: CollectionGround,
  assemble: Assemble,
  steps: Sequence,
): Promise<Error | undefined> {
  try {
    await runSequence(new CollectionWorld(assemble(ground)), steps);
    return undefined;
  } catch (error) {
    return asError(error);
  } finally {
    await ground.clear();
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
