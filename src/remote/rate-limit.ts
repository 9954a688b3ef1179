// What a registry says is left of its limit on pulls: Hub's `100;w=21600`, or plain numbers.
import type { RateLimit } from "./upstream.ts";

/** undefined when the headers say nothing of it. */
export function readRateLimit(headers: ReadonlyMap<string, string>, now: number): RateLimit | undefined {
  const read = (name: string) =>
    quantity(headers.get(`ratelimit-${name}`) ?? headers.get(`x-ratelimit-${name}`));
  const remaining = read("remaining");
  if (remaining === undefined) return undefined;
  const limit = read("limit");
  return {
    remaining: remaining.count,
    limit: limit?.count,
    windowSeconds: remaining.window ?? limit?.window,
    at: now,
  };
}

function quantity(header: string | undefined): { count: number; window: number | undefined } | undefined {
  const [, count, window] = /^\s*(\d{1,15})(?:\s*;\s*w=(\d{1,15}))?/.exec(header ?? "") ?? [];
  if (count === undefined) return undefined;
  return { count: Number(count), window: window === undefined ? undefined : Number(window) };
}
