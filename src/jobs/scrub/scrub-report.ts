// What is told of the scrub, and where it is: kept with its lease, so that the next process goes on there.
import { parseDigest, type Digest } from "../../../storage/digest.ts";

export interface ScrubbedAmount {
  readonly blobs: number;
  readonly bytes: number;
  readonly damaged: number;
}

/** Times are milliseconds since 1970. */
export interface ScrubReport {
  /** Of the pass that goes on, or of the last one; undefined before the first. */
  readonly startedAt: number | undefined;
  /** undefined while a pass goes on. */
  readonly endedAt: number | undefined;
  /** The last blob that was looked at in the pass that goes on. */
  readonly position: Digest | undefined;
  /** In that pass. */
  readonly scrubbed: ScrubbedAmount;
  /** When a pass last came to its end. */
  readonly lastPassAt: number | undefined;
}

export const nothingScrubbed: ScrubbedAmount = { blobs: 0, bytes: 0, damaged: 0 };

const before: ScrubReport = {
  ...{ startedAt: undefined, endedAt: undefined, position: undefined, lastPassAt: undefined },
  scrubbed: nothingScrubbed,
};

export function parseScrubReport(text: string | undefined): ScrubReport {
  if (text === undefined) return before;
  const { startedAt, endedAt, position, scrubbed, lastPassAt } = JSON.parse(text) as ScrubReport;
  return { startedAt, endedAt, position: position && parseDigest(position), scrubbed, lastPassAt };
}
