// What a scenario is: somebody who does a piece of work (Berth, a yardstick, a peer), measured in turn with others, and
// what of it becomes a row of the table.
import type { Bench } from "./bench.ts";

export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  readonly rows: readonly RowPlan[];
  /** Starts what takes part. What it starts through the bench goes when the scenario is over. */
  open(bench: Bench): Promise<readonly Contender[]>;
}

export interface Contender {
  /** `Berth`, the name of a yardstick, or that of a peer. */
  readonly name: string;
  /** The processes of the server, whose CPU time and memory count. None: nothing is known of these. */
  readonly pids?: () => readonly number[];
  /** @throws WrongAnswer when what came is not what was asked for */
  readonly measure: () => Promise<Measurement>;
  /** Instead of a first measurement that nobody looks at. */
  readonly warmUp?: () => Promise<unknown>;
}

export interface Measurement {
  /** Named values, in the units of the rows. */
  readonly figures: Readonly<Record<string, number>>;
  /** How much was done, for the CPU time of one unit. */
  readonly units: number;
}

export interface RowPlan {
  readonly title: string;
  /** Of the measurements; also `cpu` (seconds a unit) and `rss` (highest, MiB), which the bench adds itself. */
  readonly figure: string;
  readonly unit: string;
  /** Whose figure it is, when it is not `Berth`. */
  readonly of?: string;
  /** The contender whose figure it is held against. */
  readonly against?: string;
  readonly target: Target;
  /** Of what a CPU second is spent on, such as `request`. */
  readonly per?: string;
}

/** What is held against the limit: the ratio to the other contender, or the figure itself. */
export interface Target {
  readonly what: "ratio" | "figure";
  readonly bound: "least" | "most";
  readonly limit: number;
}

export const ratioAtLeast = (limit: number): Target => ({ what: "ratio", bound: "least", limit });
export const ratioAtMost = (limit: number): Target => ({ what: "ratio", bound: "most", limit });
export const atMost = (limit: number): Target => ({ what: "figure", bound: "most", limit });

/** An answer was not what it had to be: there is no figure. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}
