// What a check is: data with one function, and the three ways in which that function ends early.
import type { Repository } from "./repository.ts";

/** How strongly the spec asks for it (RFC 2119). */
export type Level = "MUST" | "SHOULD" | "MAY";

/** An id from the spec's table of endpoints; `ext` for what the spec reserves to extensions. */
export type End = `end-${number}${"" | "a" | "b" | "c"}` | "ext";

export interface Check {
  /** Stable and unique: reports, `--only` and the tests go by it. */
  readonly id: string;
  readonly ends: readonly End[];
  readonly level: Level;
  /** The requirement as a sentence. */
  readonly name: string;
  /** Passes by returning. `repository` is fresh and this check's own; `repository.sibling(…)` gives more of them. */
  readonly run: (repository: Repository) => Promise<void>;
}

/** The registry does not do what the requirement says. */
export class RequirementFailed extends Error {
  override readonly name = "RequirementFailed";
}

/** The registry lacks an optional feature, in a way that the spec permits. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/** What the check builds upon could not be set up, so that nothing can be said about its own requirement. */
export class SetupFailed extends Error {
  override readonly name = "SetupFailed";
}
