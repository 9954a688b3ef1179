// What wrk says, with the last line that wrk-summary.lua adds, as numbers.
import type { LoadResult } from "./small-load.ts";

interface Summary {
  readonly requests: number;
  readonly bytes: number;
  readonly microseconds: number;
  readonly p99: number;
  readonly status: number;
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  readonly timeout: number;
}

/** @throws Error when the line is not there */
export function parseWrk(output: string): LoadResult {
  const line = output.split("\n").find((text) => text.startsWith("{"));
  if (line === undefined) throw new Error(`wrk gave no summary: ${output.trim()}`);
  const { requests, bytes, microseconds, p99, ...errors } = JSON.parse(line) as Summary;
  return {
    ...{ requests, bytes, p99: p99 / 1000 },
    seconds: microseconds / 1_000_000,
    errors: errors.status + errors.connect + errors.read + errors.write + errors.timeout,
  };
}
