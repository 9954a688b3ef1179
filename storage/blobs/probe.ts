// One thing that a blob store needs of the place that it is in, tried for real: what a command prints for an operator.

export interface Probe {
  readonly name: string;
  /** `skipped` when what it needs failed, or when it does not work and Berth does without. */
  readonly outcome: "works" | "fails" | "skipped";
  /** What was seen, in a few words. */
  readonly detail: string;
  /** What helps, where something is amiss. */
  readonly advice?: string;
}
