// Spans of time as options give them: 90s, 30m, 24h, 7d.
import { InvalidArgumentError } from "commander";

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** In seconds. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const factor = seconds[unit];
  if (factor === undefined) throw new InvalidArgumentError("Give a span such as 90s, 30m, 24h or 7d.");
  return Number(count) * factor;
}
